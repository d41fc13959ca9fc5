import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { startPostgres, type Postgres } from '../../sandbox/stack/postgres.ts';
import { startSeaweed, type Seaweed } from '../../sandbox/stack/seaweed.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcpProxy.ts';

/** Something that the worker uses beside Camunda: its section in the config, and the environment that this refers to. */
type Backing = { settings: Record<string, unknown>; env: Record<string, string>; stop(): Promise<void> };
export type StoreUnderTest = Backing & {
  /** The same store, not through the proxy, for the test's own eyes. */
  direct: Record<string, unknown>;
  s3?: { server: Seaweed; proxy: TcpProxy };
  folder?: string;
};
/** Each cluster that dumps it has a proxy of its own to it. */
export type DatabaseUnderTest = Omit<Backing, 'settings'> & {
  server: Postgres;
  settingsAt(port: number): Record<string, unknown>;
};

export async function createStore(kind: 'folder' | 's3', dataDir: string): Promise<StoreUnderTest> {
  if (kind === 'folder') {
    const folder = path.join(dataDir, 'store');
    mkdirSync(folder);
    const settings = { type: 'folder', path: folder };
    return { settings, direct: settings, env: {}, folder, stop: () => Promise.resolve() };
  }
  const server = await startSeaweed({ dataDir });
  const proxy = await startTcpProxy({ target: Number(new URL(server.endpoint).port) });
  const { bucket, region, accessKeyId, secretAccessKey } = server;
  const env = { FAULTS_S3_ID: accessKeyId, FAULTS_S3_SECRET: secretAccessKey };
  const direct = {
    ...{ type: 's3', bucket, region, endpoint: server.endpoint, forcePathStyle: true },
    ...{ accessKeyId: { env: 'FAULTS_S3_ID' }, secretAccessKey: { env: 'FAULTS_S3_SECRET' } },
  };
  return {
    settings: { ...direct, endpoint: `http://${proxy.address}` },
    direct,
    env,
    s3: { server, proxy },
    async stop() {
      await proxy.stop();
      await server.stop();
    },
  };
}

export async function createDatabase(dataDir: string, rows: number): Promise<DatabaseUnderTest> {
  const server = await startPostgres({ dataDir, rows });
  const { user, binDir } = server;
  const password = { env: 'FAULTS_DB_PASSWORD' };
  return {
    settingsAt: (port) => ({ host: '127.0.0.1', port, user, binDir, password }),
    env: { FAULTS_DB_PASSWORD: server.password },
    server,
    stop: () => server.stop(),
  };
}
