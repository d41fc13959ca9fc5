import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runSql, startPostgres } from '../../sandbox/stack/postgres.ts';
import { dumpName } from '../../src/domain/setKeys.ts';
import { processesUsing } from '../support/processes.ts';
import {
  atPreflight,
  BUDGET,
  folder,
  inTheDump,
  removePrograms,
  scripted,
  whenReadBack,
} from './badDatabases.ts';
import type { ClusterShape } from './cluster.ts';
import { holdLock } from './databaseLock.ts';
import { expectNothingLeft } from './expectNothingLeft.ts';
import { endlessDump } from './fakePrograms.ts';
import { startInstallation, type Installation } from './installation.ts';
import { inDump } from './moments.ts';
import { endOf, type RunEnd } from './runs.ts';
import { keysOf } from './storeRuns.ts';
import { until } from './until.ts';

const COMPLETE = { status: 'COMPLETED', result: { verdict: 'complete', reasons: [] } };
let installation: Installation;
/** All that fail by themselves run side by side. */
const ends = new Map<string, Promise<RunEnd>>();
beforeAll(async () => {
  const shapes = Object.entries({ ...atPreflight, ...inTheDump, ...whenReadBack }).map(
    ([name, { shape }]) => [name, shape],
  );
  installation = await startInstallation({
    databaseRows: 6000,
    adapt: spoilPassword,
    clusters: {
      ...(Object.fromEntries(shapes) as Record<string, ClusterShape>),
      real: { database: true },
      'real-briefly': { database: true, settings: { budgets: { dump: BUDGET } } },
      endless: scripted({ pg_dumpall: endlessDump() }),
    },
  });
  await installation.startWorker({ FAULTS_PASSWORD: 'none' });
  for (const cluster of Object.keys({ ...atPreflight, ...inTheDump, ...whenReadBack })) {
    await installation.freshCluster({ cluster });
    ends.set(cluster, endOf(await installation.startBackup({ cluster })));
  }
  await Promise.allSettled(ends.values());
}, 180_000);
afterAll(async () => {
  await installation.stop();
  removePrograms();
}, 60_000);

function spoilPassword(config: Record<string, unknown>): Record<string, unknown> {
  const { 'wrong-password': cluster } = config.clusters as Record<string, Record<string, unknown>>;
  const { 'web-modeler': database } = cluster?.databases as Record<string, Record<string, unknown>>;
  Object.assign(database ?? {}, { password: { env: 'FAULTS_PASSWORD' } });
  return config;
}

const table = <T extends { at: string }>(cases: Record<string, T>) =>
  Object.entries(cases).map(([cluster, each]) => ({ cluster, ...each }));

async function dumpsOf(cluster: string): Promise<string[]> {
  const { objects } = await keysOf(installation, cluster);
  return objects.filter((key) => key.endsWith(dumpName('web-modeler')));
}

describe('faults/database: before the run', () => {
  it.each(table(atPreflight))(
    '$at: preflight says so, and nothing is touched',
    async ({ cluster, seen }) => {
      const end = await ends.get(cluster);

      expect(end).toMatchObject({ status: 'FAILED', code: 'PreflightFailed' });
      expect(end?.message).toContain('database.web-modeler: ');
      expect(end?.message).toContain(seen);
      expect(installation.cluster(cluster).simulator.triggerCount('zeebe')).toBe(0);
      expect(await expectNothingLeft(installation, { cluster })).toEqual([]);
    },
    60_000,
  );
});

describe('faults/database: a dump that is none', () => {
  it.each(table(inTheDump))(
    '$at: the run ends as $code, without an object',
    async ({ cluster, code, seen }) => {
      const end = await ends.get(cluster);

      expect(end).toMatchObject({ status: 'FAILED', code, message: expect.stringContaining(seen) });
      expect(await dumpsOf(cluster)).toEqual([]);
      const sets = await expectNothingLeft(installation, { cluster });
      expect(sets.map(({ entry }) => entry.state)).toEqual(['failed']);
    },
    90_000,
  );

  it.each(table(whenReadBack))(
    '$at: the set is no backup, a second one neither, and no object stays',
    async ({ cluster }) => {
      const end = await ends.get(cluster);

      expect(end).toMatchObject({
        status: 'FAILED',
        code: 'SetFailed',
        message: expect.stringContaining('the trailer of pg_dumpall is missing'),
      });
      expect(await dumpsOf(cluster)).toEqual([]);
      const sets = await expectNothingLeft(installation, { cluster, triggers: 2 });
      expect(sets.map(({ entry }) => entry.state)).toEqual(['failed', 'failed']);
    },
    90_000,
  );
});

describe('faults/database: a real server', () => {
  async function bringIntoDump(name = 'real') {
    const cluster = await installation.freshCluster({ cluster: name });
    const held = inDump(cluster);
    const handle = await installation.startBackup({ cluster: name });
    await until('half of the database has come', () => held.reached(), 60_000);
    return { cluster, held, handle };
  }

  async function bringToLock() {
    const cluster = await installation.freshCluster({ cluster: 'real' });
    const lock = await holdLock(installation.database?.server ?? fail());
    const handle = await installation.startBackup({ cluster: 'real' });
    await until('the dump waits for the lock', () => waitingSessions().then((count) => count > 0), 60_000);
    return { cluster, lock, handle };
  }

  it('the connection is cut at a byte: the next attempt completes the backup', async () => {
    const cluster = await installation.freshCluster({ cluster: 'real' });
    cluster.proxies.database?.suffer({
      truncate: { direction: 'toClient', afterBytes: 500_123, times: 1 },
    });

    const end = await endOf(await installation.startBackup({ cluster: 'real' }));

    expect(end).toMatchObject(COMPLETE);
    expect(cluster.proxies.database?.counts().cut).toBe(1);
    await expectNothingLeft(installation, { cluster: 'real' });
  }, 90_000);

  it('the connection is cut at the same byte each time: DumpFailed, without an object', async () => {
    const cluster = await installation.freshCluster({ cluster: 'real-briefly' });
    cluster.proxies.database?.suffer({ truncate: { direction: 'toClient', afterBytes: 500_123 } });

    const end = await endOf(await installation.startBackup({ cluster: 'real-briefly' }));

    expect(end).toMatchObject({ status: 'FAILED', code: 'DumpFailed' });
    expect(await dumpsOf('real-briefly')).toEqual([]);
    await expectNothingLeft(installation, { cluster: 'real-briefly' });
  }, 90_000);

  it('a lock is held: the dump waits, exporting does not, and the backup ends complete', async () => {
    const { cluster, lock, handle } = await bringToLock();
    await until('the window has come and gone', () => cluster.simulator.triggerCount('optimize') === 1);
    await cluster.timeUntilExporting();
    expect((await handle.describe()).status.name).toBe('RUNNING');

    await lock.release();

    expect(await endOf(handle)).toMatchObject(COMPLETE);
    await expectNothingLeft(installation, { cluster: 'real' });
  }, 120_000);

  it('a lock is held and the run is cancelled: it ends within 10 s, and no session and no program stays', async () => {
    const { lock, handle } = await bringToLock();
    const cancelledMs = performance.now();

    await handle.cancel();
    const end = await endOf(handle);
    const tookMs = performance.now() - cancelledMs;

    expect(end.status).toBe('CANCELLED');
    expect(tookMs).toBeLessThan(10_000);
    await until('no program is left', () => dumpPrograms().length === 0, 10_000);
    await lock.release();
    await until('no session is left', async () => (await sessions()) === 0, 10_000);
    expect(await dumpsOf('real')).toHaveLength(2); // those of the cases before
    await expectNothingLeft(installation, { cluster: 'real' });
  }, 120_000);

  it('a lock is held and the worker is killed: no program stays, and no session', async () => {
    const { cluster, lock, handle } = await bringToLock();
    await until('the window has come and gone', () => cluster.simulator.triggerCount('optimize') === 1);
    await cluster.timeUntilExporting();
    const [worker] = installation.workers();

    await worker?.kill();

    const nothingLeft = async () => dumpPrograms().length === 0 && (await sessions()) === 0;
    await until('no program and no session is left', nothingLeft, 10_000).finally(() => lock.release());
    await installation.startWorker({ FAULTS_PASSWORD: 'none' });
    expect(await endOf(handle)).toMatchObject(COMPLETE);
    await expectNothingLeft(installation, { cluster: 'real' });
  }, 120_000);

  it('the server is killed in the middle of a dump and comes back: the next attempt completes the backup', async () => {
    const { held, handle } = await bringIntoDump();
    const { server } = installation.database ?? fail();
    await server.kill();
    held.undo();
    await sleep(8_000);

    const again = await startPostgres({ dataDir: path.dirname(server.filesDir), port: server.port });
    const end = await endOf(handle).finally(() => again.stop());

    expect(end).toMatchObject(COMPLETE);
    await expectNothingLeft(installation, { cluster: 'real' });
  }, 120_000);
});

describe('faults/database: the worker is killed in the middle of a dump', () => {
  it('that flows: no program stays, and no object', async () => {
    await installation.freshCluster({ cluster: 'endless' });
    const handle = await installation.startBackup({ cluster: 'endless' });
    await until('the dump runs', () => processesUsing(folder).length > 0, 60_000);
    const [worker] = installation.workers();

    await worker?.kill();

    await until('no program is left', () => processesUsing(folder).length === 0, 10_000);
    expect(await dumpsOf('endless')).toEqual([]);
    await handle.cancel();
    await installation.startWorker({ FAULTS_PASSWORD: 'none' });
    expect(await endOf(handle)).toMatchObject({ status: 'CANCELLED' });
    await expectNothingLeft(installation, { cluster: 'endless' });
  }, 120_000);
});

function fail(): never {
  throw new Error('the installation has no database');
}

const sql = (statement: string) =>
  runSql(installation.database?.server ?? fail(), 'web_modeler', statement, 10_000);
const sessions = async () =>
  Number(
    await sql(`select count(*) from pg_stat_activity where application_name in ('safepoint', 'pg_dump')`),
  );
const waitingSessions = async () =>
  Number(await sql(`select count(*) from pg_stat_activity where wait_event_type = 'Lock'`));
const dumpPrograms = () => processesUsing('pg_dump').filter((line) => !line.includes('jest'));
