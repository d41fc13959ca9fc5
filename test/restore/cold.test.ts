import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { callJsonOk } from '../../sandbox/stack/http.ts';
import { expectJson } from '../cli/expectJson.ts';
import { safepoint } from '../cli/safepoint.ts';
import { startSite, type Site } from './site.ts';

let site: Site;

beforeAll(async () => {
  site = await startSite({ simulator: { profile: '8.6' } });
}, 120_000);
afterAll(async () => {
  await site.stop();
});

describe('cli/run: --mode cold', () => {
  it('refuses with exit code 5 while an application runs, and so does `doctor`', async () => {
    await site.simulator.stopOnly('operate', 'optimize');

    const run = await safepoint(['run', 'demo', '--mode', 'cold'], site.env);
    const doctor = await safepoint(['doctor', 'demo', '--mode', 'cold', '--json'], site.env);

    expect([run, doctor].map(({ exitCode }) => exitCode)).toEqual([5, 5]);
    expect(run.stderr).toContain('tasklist.stopped: ');
    const errors = expectJson('doctor', doctor.stdout).findings.filter(
      ({ ok, severity }) => !ok && severity === 'error',
    );
    expect(errors).toMatchObject([{ check: 'tasklist.stopped' }]);
  }, 60_000);

  it('refuses a procedure beside it, with exit code 2', async () => {
    const both = ['--mode', 'cold', '--procedure', 'parallel'];

    const { exitCode, stderr } = await safepoint(['run', 'demo', ...both], site.env);

    expect(exitCode).toBe(2);
    expect(stderr).toContain('a cold backup has an order of its own');
  }, 60_000);

  it('takes a set that is verified, shown and restored as any other', async () => {
    await site.simulator.stopOnly('operate', 'tasklist', 'optimize');
    const live = site.simulator.liveIndices();

    const run = await safepoint(['run', 'demo', '--mode', 'cold', '--json'], site.env);
    const { backupId = '' } = expectJson('run', run.stdout).result ?? {};
    await callJsonOk('DELETE', `${site.simulator.urls.searchEngine}/${live[0] ?? ''}`);
    const verified = await safepoint(['verify', backupId], site.env);
    const commands = await safepoint(['show', backupId, '--restore-commands'], site.env);
    const restored = await safepoint(['restore', backupId, '--yes', '--json'], site.env);

    expect([run, verified, restored].map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect(commands.stdout.match(/_snapshot\/\S+/g)).toEqual([
      expect.stringContaining(`_snapshot/camunda/camunda_indices_backup_${backupId}/_restore?`),
    ]);
    expect(expectJson('restore', restored.stdout).result).toMatchObject({
      backupId,
      documents: 100 * live.length,
    });
    expect(site.asked()).toEqual(['stop', 'zeebeRestore', 'start']);
    expect(site.simulator.liveIndices()).toEqual(live);
    expect(site.records(backupId)).toMatchObject([{ ok: true }]);
  }, 120_000);
});
