import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clusterSettings } from '../../sandbox/clusterSettings.ts';
import type { WireFault } from '../../sandbox/simulator/faults/wireFault.ts';
import { startSimulator, type Simulator } from '../../sandbox/simulator/startSimulator.ts';
import type { HookName } from '../../src/contract/hooks.ts';
import { expectJson } from '../cli/expectJson.ts';
import { safepoint } from '../cli/safepoint.ts';
import { startDatabase, type DatabaseFixture } from '../database/databaseFixture.ts';
import { ask, psqlAt, startBareServer } from '../database/restoreFixture.ts';
import { holdLock } from '../faults/databaseLock.ts';
import { until } from '../faults/until.ts';
import type { WorkerProcess } from '../faults/workerProcess.ts';
import { startHookedPlatform, type HookedPlatform } from './hookedPlatform.ts';
import { startSite, type Site } from './site.ts';

/** Hangs while it is restored on a server that has the role `slow`. */
const slowView = `create materialized view slow as select pg_sleep(300)::text as slept from pg_roles where rolname = 'slow'`;
const waiting = 'select count(*) from pg_locks where not granted';
const slowSessions = `select count(*) from pg_stat_activity where query like 'REFRESH%' and state = 'active'`;

let source: DatabaseFixture;
let server: DatabaseFixture;
let site: Site;
let twin: { simulator: Simulator; platform: HookedPlatform };
let sets: { demo: string; twin: string };
let worker: WorkerProcess;

/** Two clusters, so that each kill meets two restores, at different steps. The twin has a database. */
beforeAll(async () => {
  [source, server] = await Promise.all([startDatabase(20), startBareServer()]);
  await ask(source, slowView, 'web_modeler');
  const simulator = await startSimulator({ profile: '8.8', partMs: 50, flushDelayMs: 50 });
  twin = { simulator, platform: await startHookedPlatform(simulator) };
  const settings = clusterSettings(simulator.urls, {
    ...{ store: 'local', exporter: { flushDelay: '100 ms' } },
    databases: { 'web-modeler': source.database },
    restore: { hooks: twin.platform.hooks, databases: { 'web-modeler': server.database } },
  });
  site = await startSite({ hookTimeout: '2 m', others: () => Promise.resolve({ twin: settings }) });
  sets = { demo: await site.backup(), twin: await site.backup('twin') };
  worker = site.worker;
}, 180_000);
afterAll(async () => {
  await site.stop();
  await twin.platform.stop();
  await twin.simulator.stop();
  await Promise.all([source.close(), server.close()]);
});

const restore = (backupId: string) => safepoint(['restore', backupId, '--yes'], site.env, 300_000);

/** Holds up the next such request. Let go after a kill its work is done, and nobody hears of it. */
function holdNext({ faults }: Simulator, on: WireFault['on']) {
  const gate = Promise.withResolvers<undefined>();
  const fault = faults.add({ on, hold: gate.promise, times: 1 });
  const reached = () => until(`${on} is under way`, () => fault.hits() > 0, 90_000);
  const letGo = () => {
    gate.resolve(undefined);
  };
  return { reached, letGo };
}

/** The hook hangs when it is run next. */
function hangNext(platform: Pick<HookedPlatform, 'once'>, hook: HookName) {
  let isRun = false;
  platform.once(hook, () => {
    isRun = true;
    return new Promise(() => undefined);
  });
  return { reached: () => until(`hook ${hook} is run`, () => isRun, 90_000) };
}

async function killAndFollow(name: string, meanwhile: () => void | Promise<void>): Promise<void> {
  await worker.kill();
  await meanwhile();
  worker = await site.startWorker(name);
}

describe('workflows/restoreWindow: a worker killed with SIGKILL', () => {
  it('is followed by another one at each step, and the restores end well', async () => {
    const live = { demo: site.simulator.liveIndices(), twin: twin.simulator.liveIndices() };
    const stop = hangNext(site, 'stop');
    const deletion = holdNext(site.simulator, 'DELETE searchEngine deleteIndices');
    const zeebeRestore = hangNext(site, 'zeebeRestore');
    const start = hangNext(twin.platform, 'start');
    // Read when a restore looks whether the server can take the dump, which it does before anything is stopped.
    const look = await holdLock(server.postgres, { database: 'postgres', table: 'pg_tablespace' });
    await ask(server, 'create role slow');

    const running = Promise.all([restore(sets.demo), restore(sets.twin)]);
    await Promise.all([
      stop.reached(),
      until('the dump was read', async () => (await ask(server, waiting)) === '1'),
    ]);
    const untouched = twin.platform.asked();
    await killAndFollow('second', () => look.release());
    await deletion.reached();
    await until('the dump is half restored', async () => (await ask(server, slowSessions)) === '1');
    const snapshot = holdNext(site.simulator, 'POST searchEngine restore');
    await killAndFollow('third', async () => {
      deletion.letGo();
      await ask(server, 'drop role slow');
    });
    await Promise.all([snapshot.reached(), start.reached()]);
    const proof = holdNext(twin.simulator, 'GET searchEngine templates');
    await killAndFollow('fourth', snapshot.letGo);
    await Promise.all([zeebeRestore.reached(), proof.reached()]);
    const half = site.hasMarker();
    await killAndFollow('fifth', proof.letGo);
    const [demo, second] = await running;

    expect(untouched).toEqual([]);
    expect(half).toBe(true);
    expect([demo.exitCode, second.exitCode]).toEqual([0, 0]);
    expect(demo.stdout).toMatch(new RegExp(`^restored: set ${sets.demo} of demo into demo, in `, 'm'));
    expect(site.asked()).toEqual(['stop', 'stop', 'zeebeRestore', 'zeebeRestore', 'start']);
    expect(twin.platform.asked()).toEqual(['stop', 'zeebeRestore', 'start', 'start']);
    expect(site.simulator.liveIndices()).toEqual(live.demo);
    expect(twin.simulator.liveIndices()).toEqual(live.twin);
    expect(site.records(sets.demo)).toMatchObject([{ ok: true, indices: { length: live.demo.length } }]);
    expect(site.hasMarker()).toBe(false);
  }, 360_000);

  it('leaves a database that was restored once, and nobody at work on it', async () => {
    const list = await safepoint(['list', 'twin', '--json'], site.env);

    const rows = await ask(server, 'select count(*) from file_versions', 'web_modeler');
    const databases = `select string_agg(datname, ',' order by datname) from pg_database where datname !~ 'template'`;
    expect(rows).toBe('20');
    expect(await ask(server, databases)).toBe('postgres,web_modeler');
    expect(await ask(server, slowSessions)).toBe('0');
    expect(await psqlAt(server)).toEqual([]);
    expect(expectJson('list', list.stdout).sets).toMatchObject([{ proof: { level: 'whole', ok: true } }]);
  }, 60_000);
});
