import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPostgres, type Postgres } from '../../sandbox/stack/postgres.ts';
import type { BackupResult } from '../../src/contract/backup.ts';
import { windowWorkflowId } from '../../src/contract/names.ts';
import { startLab, startServer, type Lab, type Server } from './lab.ts';

let server: Server;
let postgres: Postgres;
let lab: Lab;
const dataDir = mkdtempSync(path.join(tmpdir(), 'safepoint-history-'));

beforeAll(async () => {
  chmodSync(dataDir, 0o755); // PostgreSQL runs as another user where the tests run as root
  [server, postgres] = await Promise.all([startServer(), startPostgres({ dataDir, rows: 100 })]);
  process.env['WEB_MODELER_PASSWORD'] = postgres.password;
  const { host, port, user, binDir } = postgres;
  lab = await startLab(server, {
    simulator: { profile: '8.6', optimize: true, partMs: 1_500 },
    cluster: {
      databases: { 'web-modeler': { host, port, user, binDir, password: { env: 'WEB_MODELER_PASSWORD' } } },
    },
  });
}, 120_000);
afterAll(async () => {
  await lab.stop();
  await Promise.all([server.stop(), postgres.stop()]);
  rmSync(dataDir, { recursive: true, force: true });
});

describe('workflows/backup: history', () => {
  it('holds at most 80 events with five parts, one database and search attributes', async () => {
    const handle = await lab.start({ cluster: 'demo' });

    const result = (await handle.result()) as BackupResult;

    const own = await lab.events(handle.workflowId);
    const window = await lab.events(windowWorkflowId('demo'));
    expect(result).toMatchObject({ verdict: 'complete' });
    expect({
      own: own.length,
      window: window.length,
      together: own.length + window.length <= 80,
    }).toMatchObject({ together: true });
  }, 60_000);
});
