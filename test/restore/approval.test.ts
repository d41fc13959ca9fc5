import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { callJsonOk } from '../../sandbox/stack/http.ts';
import type { RestoreResult } from '../../src/contract/restore.ts';
import { expectJson } from '../cli/expectJson.ts';
import { safepoint } from '../cli/safepoint.ts';
import { until } from '../faults/until.ts';
import { startSite, waitingIn, type Site } from './site.ts';

let site: Site;
let backupId: string;

beforeAll(async () => {
  site = await startSite();
  backupId = await site.backup();
}, 120_000);
afterAll(async () => {
  await site.stop();
});

/** What changes something in the search engine. */
function changes(): string[] {
  return site.simulator.requests
    .filter(({ component, method }) => component === 'searchEngine' && method === 'DELETE')
    .map(({ method, path }) => `${method} ${path}`);
}

describe('cli/restore: before the approval', () => {
  it('shows the plan with --plan, and touches nothing', async () => {
    const live = site.simulator.liveIndices();

    const { exitCode, stdout } = await safepoint(['restore', backupId, '--plan'], site.env);

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^Plan [\da-f]{12}$/m);
    expect(stdout).toMatch(new RegExp(`^2\\. delete ${live.length} indices$`, 'm'));
    expect(stdout).toMatch(/^3\. restore \d+ snapshots: camunda_/m);
    for (const index of live) expect(stdout).toContain(index);
    expect(stdout).toContain('Never restored before');
    expect(changes()).toEqual([]);
    expect(site.asked()).toEqual([]);
    expect(site.records(backupId)).toEqual([]);
    expect(site.hasMarker()).toBe(false);
  }, 60_000);

  it('refuses --approve with the digest of another plan, and touches nothing', async () => {
    const { exitCode, stderr } = await safepoint(
      ['restore', backupId, '--approve', '000000000000'],
      site.env,
    );

    expect(exitCode).toBe(5);
    expect(stderr).toMatch(/PlanOutdated: the plan is [\da-f]{12} now, not 000000000000/);
    expect(changes()).toEqual([]);
    expect(site.asked()).toEqual([]);
  }, 60_000);

  it('shows one that waits in `status`, with the command that approves it', async () => {
    const waiting = waitingIn((await safepoint(['restore', backupId], site.env)).stdout);
    const command = `safepoint approve ${waiting.workflowId} ${waiting.digest}`;
    const listed = async () => expectJson('status', (await safepoint(['status', '--json'], site.env)).stdout);

    const demo = await until('it is listed', async () => {
      const [status] = (await listed()).clusters;
      return status?.trials.length === 1 && status;
    });
    const shown = await safepoint(['status'], site.env);

    await site.client.workflow.getHandle(waiting.workflowId).terminate();
    expect(demo).toMatchObject({
      trials: [{ kind: 'restore', backupId, stage: 'approval', approveWith: command, steps: [] }],
      ...{ unfinished: null, problems: [] },
    });
    expect(shown.exitCode).toBe(0);
    expect(shown.stdout).toMatch(new RegExp(`✔ +demo .* restore of ${backupId}: approval \\d+s`));
    expect(shown.stdout).toContain(`  demo: set ${backupId} waits for approval: ${command}\n`);
  }, 60_000);

  it('refuses an approval by words that are no digest of the plan', async () => {
    const waiting = waitingIn((await safepoint(['restore', backupId], site.env)).stdout);

    const { exitCode, stderr } = await safepoint(['approve', waiting.workflowId, 'yes'], site.env);

    await site.client.workflow.getHandle(waiting.workflowId).terminate();
    expect(exitCode).toBe(5);
    expect(stderr).toContain('PlanOutdated');
    expect(stderr).toContain(`the approval is for plan yes; the plan now is ${waiting.digest}`);
    expect(site.asked()).toEqual([]);
  }, 60_000);
});

describe('cli/restore, cli/approve: restores', () => {
  it('asks for a new approval when an index was added meanwhile, then restores and proves it', async () => {
    const { searchEngine } = site.simulator.urls;
    const [added = ''] = site.simulator.liveIndices();
    const live = site.simulator.liveIndices();
    await callJsonOk('DELETE', `${searchEngine}/${added}`);
    const waiting = waitingIn((await safepoint(['restore', backupId], site.env)).stdout);
    const { name } =
      site.manifest(backupId).searchEngine.snapshots.find(({ indices }) => indices.includes(added)) ?? {};
    await callJsonOk('POST', `${searchEngine}/_snapshot/camunda/${name}/_restore`, { indices: added });

    const refused = await safepoint(['approve', waiting.workflowId, waiting.digest], site.env);
    const [, digest = ''] = /the plan now is ([\da-f]{12})/.exec(refused.stderr) ?? [];
    const before = { asked: site.asked(), live: site.simulator.liveIndices() };
    const approved = await safepoint(['approve', waiting.workflowId, digest, '--json'], site.env);
    const restore = site.client.workflow.getHandle(waiting.workflowId);
    const result = (await restore.result()) as RestoreResult;

    expect(refused).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('PlanOutdated') });
    expect(digest).not.toBe(waiting.digest);
    expect(before).toEqual({ asked: [], live });
    expect(expectJson('approve', approved.stdout)).toMatchObject({ digest, target: 'demo' });
    expect(site.asked()).toEqual(['stop', 'zeebeRestore', 'start']);
    expect(site.simulator.liveIndices()).toEqual(live);
    expect(result.proven).toEqual(
      expect.arrayContaining([
        expect.stringContaining('indices restored, '),
        'Operate shows 100 process instances, 50 of them active',
        expect.stringMatching(/ are up$/),
      ]),
    );
    expect(site.hasMarker()).toBe(false);
    expect(site.objects(backupId)).not.toContain('restoring.json');
  }, 120_000);

  it('leaves a record beside the set, and `list` says that it is proven', async () => {
    const list = await safepoint(['list', 'demo'], site.env);

    const today = new Date().toISOString().slice(0, 10);
    expect(site.objects(backupId)).toContainEqual(expect.stringMatching(/^restore\.\w+\.whole\.ok\.json$/));
    expect(site.records(backupId)).toMatchObject([
      {
        ok: true,
        target: 'demo',
        hooks: [{ hook: 'stop', output: expect.stringContaining('stop: done') }, {}, {}],
      },
    ]);
    expect(list.stdout).toMatch(new RegExp(`^${backupId} .* whole ${today} `, 'm'));
  }, 60_000);

  it('restores the newest set with --yes, and prints nothing but JSON with --json', async () => {
    const { exitCode, stdout, stderr } = await safepoint(
      ['restore', '--latest', '--cluster', 'demo', '--yes', '--json'],
      site.env,
    );

    const { plan, result } = expectJson('restore', stdout);
    expect(exitCode).toBe(0);
    expect(plan).toMatchObject({ backupId, lastTookMs: expect.any(Number) });
    expect(result).toMatchObject({ backupId, documents: 100 * site.simulator.liveIndices().length });
    expect(stderr).toMatch(/ delete indices complete: /);
    expect(site.records(backupId)).toHaveLength(2);
  }, 120_000);

  it('restores with --approve and the digest of the plan, from before the cluster lost everything', async () => {
    const live = site.simulator.liveIndices();
    await callJsonOk('DELETE', `${site.simulator.urls.searchEngine}/${live.join(',')}`);
    await site.simulator.stopAll();
    const planned = await safepoint(['restore', backupId, '--plan', '--json'], site.env);
    const { digest, findings } = expectJson('restore', planned.stdout).plan;

    const { exitCode, stdout } = await safepoint(['restore', backupId, '--approve', digest], site.env);

    expect(exitCode).toBe(0);
    expect(findings).toContainEqual(
      expect.objectContaining({ check: 'target.topology', ok: false, severity: 'warning' }),
    );
    expect(stdout).toMatch(new RegExp(`^restored: set ${backupId} of demo into demo, in `, 'm'));
    expect(site.simulator.liveIndices()).toEqual(live);
  }, 120_000);
});
