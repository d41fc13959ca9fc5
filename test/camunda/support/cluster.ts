import { ClusterConfig } from '../../../src/config/schema.ts';
import { createCamundaClient } from '../../../src/camunda/client.ts';
import type { CamundaClient } from '../../../src/camunda/port.ts';
import { startScriptedServer, type Reply, type ScriptedServer } from './scriptedServer.ts';

export type ScriptedCluster = {
  server: ScriptedServer;
  client: CamundaClient;
  on: ScriptedServer['on'];
  close(): Promise<void>;
};

export type Generation = '8.6' | '8.8';

/** All components of one generation behind one scripted server, each below a path of its own. */
export async function startScriptedCluster(generation: Generation): Promise<ScriptedCluster> {
  const server = await startScriptedServer();
  const at = (path: string) => ({ url: `${server.url}${path}` });
  const apps =
    generation === '8.8'
      ? { webapps: at('/webapps') }
      : { operate: at('/operate'), tasklist: at('/tasklist') };
  const config = ClusterConfig.parse({
    zeebe: at('/zeebe'),
    ...apps,
    optimize: at('/optimize'),
    searchEngine: at('/search'),
    store: 'main',
  });
  server.offer(
    '/zeebe',
    generation === '8.8' ? 'backupRuntime' : 'backups',
    'exporting',
    'partitions',
    'cluster',
  );
  server.offer('/webapps', 'backupHistory', 'health');
  server.offer('/operate', 'backups', 'backups-id', 'health');
  server.offer('/tasklist', 'backups', 'backups-id', 'health');
  server.offer('/optimize', 'backups', 'health');
  const client = createCamundaClient(config);
  return {
    server,
    client,
    on: (line, ...replies) => {
      server.on(line, ...replies);
    },
    async close() {
      await client.close();
      await server.close();
    },
  };
}

/** `GET actuator/cluster` with one broker that has every partition. */
export function layout(partitionCount: number, pendingChange?: unknown): Reply {
  const partitions = Array.from({ length: partitionCount }, (_, index) => ({
    id: index + 1,
    state: 'ACTIVE',
  }));
  const brokers = [{ id: 0, state: 'ACTIVE', version: 1, partitions }];
  return { json: { version: 1, brokers, ...(pendingChange === undefined ? {} : { pendingChange }) } };
}

export const htmlPage: Reply = {
  status: 200,
  type: 'text/html',
  text: '<html><body>\n  <h1>Welcome to nginx!</h1></body></html>',
};
