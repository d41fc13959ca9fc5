import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { safepoint } from '../cli/safepoint.ts';
import { until } from '../faults/until.ts';
import { startSite, type Site } from './site.ts';

let site: Site;
let backupId: string;

beforeAll(async () => {
  site = await startSite({ hookTimeout: '8 s' });
  backupId = await site.backup();
}, 120_000);
afterAll(async () => {
  await site.stop();
});

const restore = () => safepoint(['restore', backupId, '--yes'], site.env, 120_000);

describe('cli/restore: nothing is deleted before all is stopped', () => {
  it('fails with what the hook `stop` said last', async () => {
    const live = site.simulator.liveIndices();
    site.once('stop', () => Promise.reject(new Error('the operator does not answer')));

    const { exitCode, stderr } = await restore();

    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/HookFailed: hook stop of demo: \S+ ended with exit code 1; it said last:/);
    expect(stderr).toContain('the operator does not answer');
    expect(site.simulator.liveIndices()).toEqual(live);
    expect(site.records(backupId)).toMatchObject([
      { ok: false, failure: { step: 'stop', code: 'HookFailed' } },
    ]);
    expect(site.hasMarker()).toBe(false);
    expect(site.objects(backupId)).not.toContain('restoring.json');
  }, 120_000);

  it('ends a hook that hangs at its time limit', async () => {
    const live = site.simulator.liveIndices();
    site.once('stop', () => new Promise(() => undefined));

    const { exitCode, stderr } = await restore();

    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/HookFailed: hook stop of demo: \S+ was not over after 8s and was ended/);
    expect(site.simulator.liveIndices()).toEqual(live);
    expect(site.hasMarker()).toBe(false);
  }, 120_000);

  it('waits as long as a process still answers, and deletes nothing', async () => {
    const live = site.simulator.liveIndices();
    const earlier = site.records(backupId).length;
    site.once('stop', () => Promise.resolve()); // it says that it has stopped everything

    const running = restore();
    const message = await until('the look at the processes fails', async () => {
      const { raw } = await site.window().describe();
      const [step] = raw.pendingActivities ?? [];
      return (
        step?.activityType?.name === 'proveStopped' && (step.attempt ?? 0) > 1 && step.lastFailure?.message
      );
    });
    const seen = site.simulator.liveIndices();
    const status = await safepoint(['status'], site.env);
    await site.window().cancel();
    const { exitCode, stderr } = await running;

    expect(message).toContain(`not stopped yet: zeebe at ${site.simulator.urls.zeebe} answers 200`);
    expect(seen).toEqual(live);
    expect(status.exitCode).toBe(0);
    expect(status.stdout).toMatch(new RegExp(`✔ +demo .* restore of ${backupId}: stopped \\d+s`));
    expect(status.stdout).toContain(`  demo: set ${backupId}, stopped: not stopped yet: zeebe at `);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('RestoreCancelled: the restore was cancelled\n');
    expect(site.simulator.liveIndices()).toEqual(live);
    expect(site.records(backupId).slice(earlier)).toMatchObject([
      { ok: false, failure: { step: 'stop', code: 'RestoreCancelled' } },
    ]);
    expect(site.hasMarker()).toBe(false);
  }, 120_000);
});

describe('cli/restore: one that fails half way', () => {
  it('leaves word of it, so that no backup is taken until it was run again and ended well', async () => {
    const live = site.simulator.liveIndices();
    const earlier = site.asked().length;
    site.once('zeebeRestore', () => site.simulator.restoreBroker(backupId)); // and empties no data folder before

    const failed = await restore();
    const left = { marker: site.hasMarker(), objects: site.objects(backupId) };
    const status = await safepoint(['status'], site.env);
    await site.simulator.startAll(); // somebody starts the brokers all the same
    const backup = await safepoint(['run', 'demo'], site.env);
    const plan = await safepoint(['restore', backupId, '--plan'], site.env);
    const again = await restore();
    const next = await safepoint(['run', 'demo'], site.env);

    expect(failed.exitCode).toBe(1);
    expect(failed.stderr).toMatch(
      /HookFailed: hook zeebeRestore of demo: [^]*data directory \S+ is not empty\. Aborting restore to avoid overwriting data/,
    );
    expect(failed.stderr).toContain('Repair what its last lines say, then start the same restore again');
    expect(left).toEqual({ marker: true, objects: expect.arrayContaining(['restoring.json']) });
    expect(status.exitCode).toBe(1);
    expect(status.stdout).toMatch(
      new RegExp(
        `  demo: a restore of set ${backupId} into demo began .* it stood at "zeebe" .*: start it again with .safepoint restore ${backupId} --cluster demo., or delete \\S+/unfinished.json `,
      ),
    );
    expect(backup.exitCode).toBe(5);
    expect(backup.stderr).toMatch(
      new RegExp(`restore\\.ended: a restore of set ${backupId} into demo began .* it stood at "zeebe"`),
    );
    expect(plan.stdout).toMatch(/An earlier restore has not ended: set \d+, begun .*, stood at "zeebe"/);
    expect(again.exitCode).toBe(0);
    expect(site.asked().slice(earlier)).toEqual([
      ...['stop', 'zeebeRestore'],
      ...['stop', 'zeebeRestore', 'start'],
    ]);
    expect(site.records(backupId).at(-1)).toMatchObject({ ok: true, indices: { length: live.length } });
    expect(site.simulator.liveIndices()).toEqual(live);
    expect(site.hasMarker()).toBe(false);
    expect(site.objects(backupId)).not.toContain('restoring.json');
    expect(next.exitCode).toBe(0);
  }, 240_000);

  it('keeps the word of what was deleted when a second one fails earlier', async () => {
    site.once('zeebeRestore', () => Promise.reject(new Error('no such bucket')));
    await restore();
    site.once('stop', () => Promise.reject(new Error('not now')));

    const { stderr } = await restore();

    expect(stderr).toMatch(/HookFailed: hook stop of demo: [^]*not now/);
    expect(site.hasMarker()).toBe(true);
    expect(site.objects(backupId)).toContain('restoring.json');
  }, 120_000);
});
