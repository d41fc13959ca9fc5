import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectJson } from '../cli/expectJson.ts';
import { safepoint } from '../cli/safepoint.ts';
import { until } from '../faults/until.ts';
import { startSite, type Site } from './site.ts';

const RETENTION = { keepLast: 1, minComplete: 1, minAge: '0 s', maxShare: 1 };

let site: Site;
let oldest: string;
let newest: string;

/** The first of two sets: rotation would delete it if nobody held it. */
beforeAll(async () => {
  site = await startSite({ settings: { retention: RETENTION } });
  oldest = await site.backup();
  await safepoint(['hold', oldest, '--reason', 'for this test'], site.env);
}, 120_000);
afterAll(async () => {
  await site.stop();
});

const restore = (backupId: string) => safepoint(['restore', backupId, '--yes'], site.env, 120_000);

describe('workflows/restore, workflows/backup: one at a time', () => {
  it('refuses a restore while a backup runs, and the backup ends well', async () => {
    const gate = Promise.withResolvers<undefined>();
    const held = site.simulator.faults.add({ on: 'POST webapps backup', hold: gate.promise, times: 1 });
    const live = site.simulator.liveIndices();
    const backup = site.backup();
    await until('the backup is in its window', () => held.hits() > 0);

    const refused = await restore(oldest);
    const asked = site.asked();
    gate.resolve(undefined);
    newest = await backup;

    expect(refused.exitCode).toBe(4);
    expect(refused.stderr).toMatch(
      /ClusterBusy: cluster demo is busy: backup-demo-\S+ \(run \S+\) has held its window since/,
    );
    expect(asked).toEqual([]);
    expect(site.simulator.liveIndices()).toEqual(live);
    expect(site.hasMarker()).toBe(false);
    expect(newest).not.toBe(oldest);
  }, 120_000);

  it('refuses a backup while a restore runs, and a second restore', async () => {
    const gate = Promise.withResolvers<undefined>();
    site.once('stop', async () => {
      await gate.promise;
      await site.simulator.stopAll();
    });
    const running = restore(newest);
    await until('the restore is in its window', () => site.asked().length === 1);

    const backup = await safepoint(['run', 'demo'], site.env);
    const second = await restore(newest);
    gate.resolve(undefined);
    const { exitCode } = await running;

    expect(backup.exitCode).toBe(4);
    expect(backup.stderr).toMatch(/ClusterBusy: cluster demo is busy: restore-demo-\S+ \(run \S+\) has held/);
    expect(second.exitCode).toBe(4);
    expect(exitCode).toBe(0);
    expect(site.asked()).toEqual(['stop', 'zeebeRestore', 'start']);
    expect(site.records(newest)).toMatchObject([{ ok: true }]);
  }, 120_000);
});

describe('workflows/restore: cancelled in the middle', () => {
  it('is recorded as failed, with word of it left, and rotation lets its set be', async () => {
    const stalled = site.simulator.faults.add({ state: 'restoreStalls' });
    const running = safepoint(['restore', oldest, '--yes', '--json'], site.env, 120_000);
    await until('a snapshot is being restored', () => stalled.hits() > 0);

    const [run] = (await listRestores()).filter(({ status }) => status.name === 'RUNNING');
    await site.client.workflow.getHandle(run?.workflowId ?? '').cancel();
    const { exitCode, stdout } = await running;
    stalled.remove();
    await safepoint(['release', oldest], site.env);
    const plan = await safepoint(['prune', 'demo'], site.env);
    const prune = await safepoint(['prune', 'demo', '--apply'], site.env);

    expect(exitCode).toBe(1);
    expect(expectJson('failure', stdout).error.code).toBe('RestoreCancelled');
    expect(site.asked()).toHaveLength(4); // nothing was started again
    expect(site.records(oldest)).toMatchObject([
      { ok: false, failure: { step: 'restore indices', code: 'RestoreCancelled' } },
    ]);
    expect(site.hasMarker()).toBe(true);
    expect(plan.stdout).toMatch(
      new RegExp(`^keep +${oldest} .*a restore has begun from it and not ended`, 'm'),
    );
    expect(prune.stdout).toContain('deleted 0');
    expect(site.objects(oldest)).toEqual(expect.arrayContaining(['manifest.json', 'restoring.json']));
  }, 120_000);

  it('ends well when it is run again, whatever it left half done', async () => {
    const { exitCode } = await restore(oldest);

    expect(exitCode).toBe(0);
    expect(site.hasMarker()).toBe(false);
    expect(site.objects(oldest)).not.toContain('restoring.json');
    expect(site.records(oldest)).toMatchObject([{ ok: false }, { ok: true }]);
  }, 120_000);
});

async function listRestores() {
  const found = [];
  for await (const run of site.client.workflow.list({ query: 'WorkflowType = "restore"' })) found.push(run);
  return found;
}
