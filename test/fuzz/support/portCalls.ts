import type { z } from 'zod';
import { createCamundaClient } from '../../../src/camunda/client.ts';
import type { CamundaClient } from '../../../src/camunda/port.ts';
import { ClusterConfig } from '../../../src/config/schema.ts';
import { CUT_PARTS } from '../../../src/contract/parts.ts';
import * as shapes from './portShapes.ts';
import { BACKUP_ID } from './validBodies.ts';

/** One method of a port, and the type of what it gives. */
export type Call = {
  name: string;
  shape: z.ZodType;
  send: (client: CamundaClient) => Promise<unknown>;
  toString: () => string;
};

const call = (name: string, shape: z.ZodType, send: Call['send']): Call => ({
  name,
  shape,
  send,
  toString: () => name,
});

/** Every method of `CamundaClient` and `SearchEngineClient`, those about a part once for each part. */
export const CALLS: Call[] = [
  ...CUT_PARTS.flatMap((part) => [
    call(`startBackup ${part}`, shapes.trigger, (client) => client.startBackup(part, BACKUP_ID)),
    call(`getBackup ${part}`, shapes.status, (client) => client.getBackup(part, BACKUP_ID)),
    call(`listBackups ${part}`, shapes.known, (client) => client.listBackups(part)),
    call(`deleteBackup ${part}`, shapes.none, (client) => client.deleteBackup(part, BACKUP_ID)),
  ]),
  call('hasPart', shapes.yesOrNo, (client) => client.hasPart('operate')),
  call('discoverParts', shapes.parts, (client) => client.discoverParts()),
  call('pauseExporting', shapes.none, (client) => client.pauseExporting('hard')),
  call('resumeExporting', shapes.none, (client) => client.resumeExporting()),
  call('readExporters', shapes.exporters, (client) => client.readExporters()),
  call('readTopology', shapes.topology, (client) => client.readTopology()),
  call('readHealth', shapes.health, (client) => client.readHealth()),
  call('readSettings', shapes.settings, (client) => client.readSettings()),
  call('readPendingChange', shapes.pendingChange, (client) => client.readPendingChange()),
  call('readClocks', shapes.clocks, (client) => client.readClocks()),
  call('probeApps', shapes.probes, (client) => client.probeApps()),
  call('search readHealth', shapes.engine, ({ searchEngine }) => searchEngine.readHealth()),
  call('verifyRepository', shapes.none, ({ searchEngine }) => searchEngine.verifyRepository()),
  call('repositoryExists', shapes.yesOrNo, ({ searchEngine }) => searchEngine.repositoryExists()),
  call('listRunningSnapshots', shapes.names, ({ searchEngine }) => searchEngine.listRunningSnapshots()),
  call('listSnapshots', shapes.snapshots, ({ searchEngine }) => searchEngine.listSnapshots('camunda_*')),
  call('removeSnapshot', shapes.none, ({ searchEngine }) =>
    searchEngine.removeSnapshot(`camunda_zeebe_records_backup_${BACKUP_ID}`),
  ),
  call('listIndices', shapes.indices, ({ searchEngine }) => searchEngine.listIndices(['zeebe-record'])),
  call('readHighestRecords', shapes.records, ({ searchEngine }) => searchEngine.readHighestRecords()),
  call('readDiskUsedPercent', shapes.percent, ({ searchEngine }) => searchEngine.readDiskUsedPercent()),
];

/** `new`: one process for the web applications and a REST address; `old`: one process each, and none. */
export type Generation = 'new' | 'old';

export function connect(serverUrl: string, generation: Generation): CamundaClient {
  const at = (path: string) => ({ url: serverUrl + path });
  const apps =
    generation === 'new'
      ? { zeebe: at('/zeebe'), webapps: at('/webapps'), restApi: at('/rest') }
      : { zeebe: at('/oldZeebe'), operate: at('/operate'), tasklist: at('/tasklist') };
  const more = { optimize: at('/optimize'), searchEngine: at('/search'), store: 'main' };
  return createCamundaClient(ClusterConfig.parse({ ...apps, ...more }));
}
