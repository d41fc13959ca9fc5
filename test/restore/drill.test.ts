import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { DrillRecord } from '../../src/contract/drill.ts';
import { drillWindowId } from '../../src/contract/names.ts';
import { expectJson } from '../cli/expectJson.ts';
import { safepoint } from '../cli/safepoint.ts';
import { until } from '../faults/until.ts';
import { startSite, type Site } from './site.ts';

let site: Site;
let backupId: string;
let live: string[];

beforeAll(async () => {
  site = await startSite();
  backupId = await site.backup();
  live = site.simulator.liveIndices();
}, 120_000);
afterAll(async () => {
  await site.stop();
});
afterEach(() => {
  site.simulator.faults.clear();
  expect(site.simulator.liveIndices()).toEqual(live);
  expect(site.asked()).toEqual([]);
  expect(site.hasMarker()).toBe(false);
});

/** The newest record of a drill beside the set. */
function newestRecord(): DrillRecord {
  const name = site.objects(backupId).findLast((it) => it.startsWith('drill.')) ?? '';
  return DrillRecord.parse(JSON.parse(readFileSync(site.file(backupId, name), 'utf8')));
}

describe('cli/drill', () => {
  it('proves the newest set as it is stored, and `list` says so', async () => {
    const { exitCode, stdout } = await safepoint(
      ['drill', '--cluster', 'demo', '--level', 'stored'],
      site.env,
    );

    const list = await safepoint(['list', 'demo', '--json'], site.env);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`^drilled: set ${backupId} of demo, level stored, in `, 'm'));
    expect(newestRecord()).toMatchObject({ level: 'stored', ok: true, indices: [] });
    expect(expectJson('list', list.stdout).sets).toMatchObject([{ proof: { level: 'stored', ok: true } }]);
  }, 60_000);

  it('restores the indices beside the live ones, counts them and removes them', async () => {
    const { exitCode, stdout } = await safepoint(['drill', backupId, '--json'], site.env);

    const result = expectJson('drill', stdout);
    expect(exitCode).toBe(0);
    expect(result).toMatchObject({ backupId, level: 'indices' });
    expect(result.proven).toContainEqual(
      expect.stringMatching(new RegExp(`and removed: ${live.length} indices, ${live.length}00 documents$`)),
    );
    expect(newestRecord()).toMatchObject({ level: 'indices', ok: true, indices: { length: live.length } });
    const removals = site.simulator.requests.filter(
      ({ method, path }) => method === 'DELETE' && path.startsWith('/safepoint-drill-demo-'),
    );
    expect(removals).not.toEqual([]);
  }, 60_000);

  it('removes what it has restored when a shard is given up, and records why', async () => {
    site.simulator.faults.add({ state: 'restoreFails', times: 12 });

    const { exitCode, stderr } = await safepoint(['drill', backupId], site.env);

    expect(exitCode).toBe(1);
    expect(stderr).toContain('RestoreIncomplete: ');
    expect(newestRecord()).toMatchObject({
      level: 'indices',
      ok: false,
      failure: { code: 'RestoreIncomplete' },
    });
  }, 60_000);

  it('fails where the set is not whole any more', async () => {
    site.simulator.faults.add({ on: 'GET zeebe status', answer: { status: 404 } });

    const { exitCode, stderr } = await safepoint(['drill', backupId, '--level', 'stored'], site.env);

    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/DrillFailed: set \d+ is not whole: zeebe\.complete/);
    expect(newestRecord()).toMatchObject({ ok: false, failure: { code: 'DrillFailed' } });
  }, 60_000);

  it('refuses a whole drill where the config names no cluster for it', async () => {
    const { exitCode, stderr } = await safepoint(['drill', backupId, '--level', 'whole'], site.env);

    expect(exitCode).toBe(2);
    expect(stderr).toContain('a drill of level whole needs clusters.demo.drill.into');
  }, 60_000);

  it('removes what it has restored when it is cancelled, and is recorded as that', async () => {
    site.simulator.faults.add({ state: 'restoreStalls', times: 1 });
    const running = safepoint(['drill', backupId], site.env);
    await until('a copy is there', () => copies().length > 0);

    const status = await safepoint(['status', '--json'], site.env);
    const workflowId = await openDrill();
    await site.client.workflow.getHandle(workflowId).cancel();
    const { exitCode, stderr } = await running;

    expect(exitCode).toBe(1);
    expect(expectJson('status', status.stdout).clusters).toMatchObject([
      { trials: [{ kind: 'drill', workflowId, stage: null }], problems: [] },
    ]);
    expect(stderr).toMatch(/^DrillCancelled: /);
    expect(newestRecord()).toMatchObject({ ok: false, failure: { code: 'DrillCancelled' } });
    expect(copies()).toEqual([]);
  }, 60_000);

  it('sweeps what a drill has left that was terminated', async () => {
    site.simulator.faults.add({ state: 'restoreStalls', times: 1 });
    const running = safepoint(['drill', backupId], site.env);
    await until('a copy is there', () => copies().length > 0);
    const window = site.client.workflow.getHandle(drillWindowId('demo'));
    await site.client.workflow.getHandle(await openDrill()).terminate();
    await window.terminate();
    await running;
    const left = copies();

    const { exitCode } = await safepoint(['drill', backupId], site.env);

    expect(left).not.toEqual([]);
    expect(exitCode).toBe(0);
  }, 120_000);

  it('goes on when its worker is killed and another one takes over, and leaves no copies', async () => {
    const gate = Promise.withResolvers<undefined>();
    const restore = site.simulator.faults.add({
      on: 'POST searchEngine restore',
      hold: gate.promise,
      times: 1,
    });
    const running = safepoint(['drill', backupId], site.env, 180_000);
    await until('a snapshot is about to be restored', () => restore.hits() > 0);

    await site.worker.kill();
    gate.resolve(undefined);
    await until('its copies are there', () => copies().length > 0);
    await site.startWorker('second');
    const { exitCode } = await running;

    expect(exitCode).toBe(0);
    expect(newestRecord()).toMatchObject({ ok: true, indices: { length: live.length } });
  }, 200_000);
});

function copies(): string[] {
  return site.simulator.liveIndices().filter((name) => name.startsWith('safepoint-drill-demo-'));
}

async function openDrill(): Promise<string> {
  const query = 'WorkflowType = "drill" AND ExecutionStatus = "Running"';
  for await (const { workflowId } of site.client.workflow.list({ query })) return workflowId;
  throw new Error('no drill is open');
}
