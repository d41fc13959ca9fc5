import { mkdtemp, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createPlanActivities } from '../../src/activities/plan.ts';
import { createPreflightActivities } from '../../src/activities/preflight.ts';
import type { ActivityDeps } from '../../src/activities/deps.ts';
import type { BackupInput } from '../../src/contract/backup.ts';
import { Intent } from '../../src/contract/intent.ts';
import type { OpenedSet } from '../../src/contract/preflight.ts';
import { INTENT, setKey } from '../../src/domain/setKeys.ts';
import type { RunLookup } from '../../src/system/runs.ts';
import { noRuns } from '../support/noRuns.ts';
import { changedStore } from './preflight/changedStore.ts';
import { CLUSTER, startCluster, type SimulatedCluster } from './preflight/simulatedCluster.ts';

const NIGHTLY_7 = {
  seen: 'cluster prod is busy: nightly-7 has held its window',
  resumeProblem: null,
  holder: null,
};

describe('activities/preflight: checkPreflight', () => {
  let cluster: SimulatedCluster;
  beforeEach(async () => {
    cluster = await startCluster({ profile: '8.6', partMs: 0, transients: false });
  });
  afterEach(() => cluster.close());

  /** One attempt of the activity in the run `runId`. */
  async function check({
    runId = 'run-1',
    input = {},
    deps = cluster.deps,
    runs = noRuns,
    environment = new MockActivityEnvironment({ workflowExecution: { workflowId: 'nightly', runId } }),
  }: {
    runId?: string;
    input?: Partial<BackupInput>;
    deps?: ActivityDeps;
    runs?: RunLookup;
    environment?: MockActivityEnvironment;
  } = {}): Promise<OpenedSet> {
    const plan = await createPlanActivities(deps).planBackup({ cluster: CLUSTER, ...input });
    const activities = createPreflightActivities(deps, runs, { lookAgainMs: 10 });
    return await environment.run(() => activities.checkPreflight(plan));
  }

  const readIntent = async (backupId: string) =>
    Intent.parse(JSON.parse(await readFile(path.join(cluster.folder, CLUSTER, backupId, INTENT), 'utf8')));
  const putIntent = (backupId: string, text: string) =>
    cluster.deps.store('main').putObject(setKey(CLUSTER, backupId, INTENT), text);

  it('opens a set under unix seconds, with the waves of the procedure and an intent', async () => {
    const beforeMs = Date.now();

    const set = await check({ input: { procedure: 'history-first' } });

    expect(Number(set.backupId)).toBeGreaterThanOrEqual(Math.floor(beforeMs / 1000));
    expect(set.waves).toEqual([['operate', 'tasklist', 'optimize', 'zeebe-records'], ['zeebe']]);
    expect(set.warnings).toEqual([]);
    expect(set.facts.partitionCount).toBe(2);
    expect(await readIntent(set.backupId)).toMatchObject({
      cluster: CLUSTER,
      backupId: set.backupId,
      procedure: 'history-first',
      parts: ['operate', 'tasklist', 'optimize', 'zeebe-records', 'zeebe'],
      workflowId: 'nightly',
      runId: 'run-1',
    });
  });

  it('touches nothing while another run holds the window', async () => {
    const busy = { ...noRuns, findOpenWindow: () => Promise.resolve(NIGHTLY_7) };

    const attempt = check({ runs: busy });

    await expect(attempt).rejects.toMatchObject({
      code: 'ClusterBusy',
      message: expect.stringContaining('nightly-7'),
    });
    expect(cluster.simulator.requests).toEqual([]);
  });

  it('names the run that opened its window during the checks, not the pause of that run', async () => {
    let asked = 0;
    const runs = {
      ...noRuns,
      findOpenWindow: () => Promise.resolve(asked++ === 0 ? null : NIGHTLY_7),
    };
    await cluster.deps.camunda(CLUSTER).pauseExporting('hard');

    const attempt = check({ runs });

    await expect(attempt).rejects.toMatchObject({
      code: 'ClusterBusy',
      message: expect.stringContaining('nightly-7'),
    });
  });

  it.each([
    { on: 'GET searchEngine info', answer: 'reset' },
    { on: 'GET restApi topology', answer: { status: 503 } },
    { on: 'GET operate *', answer: { status: 502 } },
    { on: 'POST searchEngine verify', answer: 'reset' },
  ] as const)('$on that fails twice: looks again, and opens the set', async ({ on, answer }) => {
    const fault = cluster.simulator.faults.add({ on, answer, times: 2 });

    const set = await check();

    expect(fault.hits()).toBe(2);
    expect(set).toMatchObject({ facts: { partitionCount: 2 }, warnings: [] });
  });

  it('lists everything that is wrong at once, and takes no id', async () => {
    cluster.simulator.faults.add({ state: 'componentDown', component: 'operate' });
    cluster.simulator.faults.add({ state: 'repositoryBroken' });
    cluster.simulator.faults.add({ state: 'diskUsed', percent: 91 });

    const attempt = check();

    await expect(attempt).rejects.toMatchObject({
      code: 'PreflightFailed',
      message: expect.stringMatching(
        /^2 of \d+ checks failed\noperate\.health: .*DOWN.*\. Fix: .+\nrepository\.verify: .+$/,
      ),
    });
    expect(await cluster.deps.store('main').listFolders(`${CLUSTER}/`)).toEqual([]);
  });

  it('goes on with warnings and keeps them', async () => {
    cluster.simulator.faults.add({ state: 'diskUsed', percent: 91 });

    const { warnings } = await check();

    expect(warnings).toMatchObject([{ check: 'searchEngine.disk', severity: 'warning', ok: false }]);
  });

  it.each(['zeebe', 'operate', 'optimize', 'zeebe-records'] as const)(
    'takes an id above the newest one of %s',
    async (part) => {
      await cluster.deps.camunda(CLUSTER).startBackup(part, '2000000000');

      const set = await check();

      expect(set.backupId).toBe('2000000001');
    },
  );

  it('takes an id above the newest one in the store', async () => {
    await putIntent('2000000000', 'of a set that failed');

    const set = await check();

    expect(set.backupId).toBe('2000000001');
  });

  it('takes an id above the newest one in a store that the cluster used before, as far as it answers', async () => {
    const { stores } = cluster.deps.config;
    stores['former'] = { type: 'folder', path: cluster.folder };
    stores['gone'] = { type: 'folder', path: path.join(cluster.folder, 'gone') };
    stores['main'] = { type: 'folder', path: await mkdtemp(path.join(cluster.folder, 'new-')) };
    await cluster.deps
      .store('former')
      .putObject(setKey(CLUSTER, '2000000000', INTENT), 'of a set that failed');

    const set = await check();

    expect(set.backupId).toBe('2000000001');
  });

  it('takes an id above the newest snapshot, though no component lists it', async () => {
    const { urls, repository } = cluster.simulator;
    const name = 'camunda_webapps_2000000000_8.8.0_part_1_of_5';
    await fetch(`${urls.searchEngine}/_snapshot/${repository}/${name}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: '{"indices":"operate*"}',
    });

    const set = await check();

    expect(cluster.simulator.snapshotNames()).toContain(name);
    expect(set.backupId).toBe('2000000001');
  });

  it('refuses a given id that is not above the newest one', async () => {
    await putIntent('2000000000', 'of a set that failed');

    const attempt = check({ input: { backupId: '2000000000' } });

    await expect(attempt).rejects.toMatchObject({
      code: 'BackupIdRefused',
      message: expect.stringContaining('2000000000'),
    });
  });

  it('refuses an id that Operate and Tasklist up to 8.7 do not understand', async () => {
    await putIntent('2147483647', 'of a set that failed');

    const attempt = check();

    await expect(attempt).rejects.toMatchObject({
      code: 'BackupIdRefused',
      message: expect.stringContaining('2147483647'),
    });
  });

  it('keeps its id when the first answer was lost', async () => {
    const first = await check();

    const second = await check();

    expect(second.backupId).toBe(first.backupId);
    expect(await cluster.deps.store('main').listFolders(`${CLUSTER}/`)).toEqual([first.backupId]);
  });

  it('does not keep an id below one that another run has taken since', async () => {
    const first = await check();
    const other = await check({ runId: 'run-2' });

    const second = await check();

    expect(BigInt(other.backupId)).toBeGreaterThan(BigInt(first.backupId));
    expect(BigInt(second.backupId)).toBeGreaterThan(BigInt(other.backupId));
  });

  it('takes the next id when another run is quicker', async () => {
    const store = cluster.deps.store('main');
    let taken = '';
    const raced = changedStore(store, {
      async putObject(key, body, options) {
        if (taken === '' && key.endsWith(INTENT)) {
          taken = key.split('/')[1] ?? '';
          await store.putObject(key, 'of another run');
        }
        await store.putObject(key, body, options);
      },
    });

    const set = await check({ deps: { ...cluster.deps, store: () => raced } });

    expect(BigInt(set.backupId)).toBe(BigInt(taken) + 1n);
  });

  it('sends heartbeats and ends when it is cancelled', async () => {
    cluster.simulator.faults.add({ on: 'GET operate health', answer: 'hang' });
    const environment = new MockActivityEnvironment();
    const beat = new Promise((resolve) => environment.once('heartbeat', resolve));

    const attempt = check({ environment });
    const outcome = expect(attempt).rejects.toMatchObject({ name: 'CancelledFailure' });
    await beat;
    environment.cancel();

    await outcome;
  });
});
