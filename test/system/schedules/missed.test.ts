import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { poll } from '../../../sandbox/stack/poll.ts';
import { scheduleIdOf } from '../../../src/contract/names.ts';
import { createBackupSchedules, type BackupSchedule } from '../../../src/system/schedules/backupSchedules.ts';
import { startTemporalServer, type TemporalServer } from '../../faults/temporalServer.ts';

let dataDir: string;
let server: TemporalServer;
beforeAll(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'safepoint-missed-'));
  server = await startTemporalServer(dataDir);
}, 60_000);
afterAll(async () => {
  await server.stop();
  rmSync(dataDir, { recursive: true });
});

async function withSchedules<T>(
  act: (schedules: ReturnType<typeof createBackupSchedules>, client: Client) => Promise<T>,
): Promise<T> {
  const connection = await Connection.connect({ address: server.address });
  try {
    const client = new Client({ connection });
    return await act(createBackupSchedules(client), client);
  } finally {
    await connection.close();
  }
}

async function read(): Promise<BackupSchedule | undefined> {
  const [schedule] = await withSchedules((schedules) => schedules.list()).catch(() => []);
  return schedule;
}

const CATCH_UP_MS = 10_000; // the shortest one that the server knows

describe('system/schedules/backupSchedules: list', () => {
  it('counts the runs that Temporal could not start while it was away', async () => {
    await withSchedules((_, client) =>
      client.schedule.create({
        scheduleId: scheduleIdOf('nightly'),
        spec: { intervals: [{ every: '1 s' }] },
        action: {
          type: 'startWorkflow',
          workflowType: 'backup',
          workflowId: 'backup-nightly',
          taskQueue: 'nobody',
        },
        policies: { overlap: 'ALLOW_ALL', catchupWindow: CATCH_UP_MS },
      }),
    );
    await poll('it has started runs', 20_000, async () => ((await read())?.started ?? 0) > 1 || undefined);
    await server.kill();
    const goneAt = Date.now();
    await poll('longer than the catch-up window', CATCH_UP_MS + 10_000, () =>
      Promise.resolve(Date.now() - goneAt > CATCH_UP_MS + 3_000 || undefined),
    );
    await server.start();

    const seen = await poll('missed runs are counted', 30_000, async () => {
      const schedule = await read();
      return schedule !== undefined && schedule.missed > 0 ? schedule : undefined;
    });

    expect(seen).toMatchObject({ name: 'nightly', skipped: 0 });
    expect(Date.parse(seen.lastDueAt ?? '')).toBeGreaterThan(goneAt);
  }, 120_000);
});
