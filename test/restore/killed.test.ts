import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { WireFault } from '../../sandbox/simulator/faults/wireFault.ts';
import { safepoint } from '../cli/safepoint.ts';
import { until } from '../faults/until.ts';
import type { WorkerProcess } from '../faults/workerProcess.ts';
import { startSite, type Site } from './site.ts';

let site: Site;
let backupId: string;
let worker: WorkerProcess;

beforeAll(async () => {
  site = await startSite({ hookTimeout: '2 m' });
  backupId = await site.backup();
  worker = site.worker;
}, 120_000);
afterAll(async () => {
  await site.stop();
});

/** Kills the worker while its request is held up, then lets the request go; its work is done, and nobody hears of it. */
async function killDuring(on: WireFault['on']): Promise<void> {
  const gate = Promise.withResolvers<undefined>();
  const fault = site.simulator.faults.add({ on, hold: gate.promise, times: 1 });
  await until(`${on} is under way`, () => fault.hits() > 0, 90_000);
  await worker.kill();
  gate.resolve(undefined);
  worker = await site.startWorker(`after ${on.split(' ')[2]}`);
}

describe('workflows/restoreWindow: a worker killed with SIGKILL', () => {
  it('is followed by another one at each step, and the restore ends well', async () => {
    const live = site.simulator.liveIndices();
    const isHookRun = Promise.withResolvers<undefined>();
    site.once('zeebeRestore', () => {
      isHookRun.resolve(undefined);
      return new Promise(() => undefined);
    });

    const running = safepoint(['restore', backupId, '--yes'], site.env, 300_000);
    await killDuring('DELETE searchEngine deleteIndices');
    await killDuring('POST searchEngine restore');
    await isHookRun.promise;
    const half = site.hasMarker();
    await worker.kill();
    await site.startWorker('after the hook');
    const { exitCode, stdout } = await running;

    expect(half).toBe(true);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`^restored: set ${backupId} of demo into demo, in `, 'm'));
    expect(site.asked()).toEqual(['stop', 'zeebeRestore', 'zeebeRestore', 'start']);
    expect(site.simulator.liveIndices()).toEqual(live);
    expect(site.records(backupId)).toMatchObject([{ ok: true, indices: { length: live.length } }]);
    expect(site.hasMarker()).toBe(false);
  }, 360_000);
});
