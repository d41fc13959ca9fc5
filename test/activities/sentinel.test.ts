import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createExportingActivities } from '../../src/activities/exporting.ts';
import { createPlanActivities } from '../../src/activities/plan.ts';
import { openSet } from '../../src/activities/preflight/openSet.ts';
import { resumeByHand } from '../../src/activities/resumeByHand.ts';
import { createSentinelActivities } from '../../src/activities/sentinel.ts';
import type { ClusterWatch } from '../../src/contract/sentinel.ts';
import type { RunLookup } from '../../src/system/runs.ts';
import { noRuns } from '../support/noRuns.ts';
import { runActivity } from '../support/runActivity.ts';
import { CLUSTER, startCluster, type SimulatedCluster } from './preflight/simulatedCluster.ts';

let cluster: SimulatedCluster;
beforeEach(async () => {
  cluster = await startCluster({ profile: '8.8' });
});
afterEach(() => cluster.close());

const alive: RunLookup = { ...noRuns, readRunState: () => Promise.resolve('running') };
const forgotten: RunLookup = { ...noRuns, readRunState: () => Promise.resolve('unknown') };
const windowWith = (resumeProblem: string | null): RunLookup => ({
  ...noRuns,
  findOpenWindow: () =>
    Promise.resolve({ seen: 'cluster prod is busy: nightly-7', resumeProblem, holder: null }),
});

function phases(): string[] {
  return cluster.simulator.exporting().map(({ phase }) => phase);
}

async function watch(runs: RunLookup): Promise<ClusterWatch | undefined> {
  const activities = createSentinelActivities(cluster.deps, runs);
  return (await runActivity(() => activities.watchClusters()))[0];
}

/** Opens a set as preflight does and pauses as its window does; then both are gone. */
async function leavePause(): Promise<string> {
  const plan = await createPlanActivities(cluster.deps).planBackup({ cluster: CLUSTER });
  const run = { workflowId: 'nightly-6', runId: 'run-6' };
  const store = cluster.deps.store('main');
  const backupId = await openSet({ plan, parts: ['zeebe'], run, givenUp: [], store, call: {} }, []);
  const activities = createExportingActivities(cluster.deps, noRuns);
  await runActivity(() => activities.pauseExporting({ plan, set: { backupId, waves: [] } }));
  return backupId;
}

/** As if the set had claimed its pause twenty minutes ago. */
async function makeOld(backupId: string): Promise<void> {
  const file = path.join(cluster.folder, CLUSTER, backupId, 'pause.json');
  const at = new Date(Date.now() - 20 * 60_000).toISOString();
  await writeFile(file, JSON.stringify({ ...(JSON.parse(await readFile(file, 'utf8')) as object), at }));
}

const pauseAsStranger = () => cluster.deps.camunda(CLUSTER).pauseExporting('soft');
const objectsOf = async (backupId: string) =>
  (await readdir(path.join(cluster.folder, CLUSTER, backupId))).sort();

describe('activities/sentinel: watchClusters', () => {
  it('lifts the pause that a dead set left, and says so once', async () => {
    const backupId = await leavePause();

    const found = await watch(noRuns);

    expect(found).toMatchObject({ state: 'lifted', seen: expect.stringContaining(`set ${backupId}`) });
    expect(phases()).toEqual(['EXPORTING', 'EXPORTING']);
    expect(await watch(noRuns)).toMatchObject({ state: 'exporting' });
  });

  it('accuses nobody when a window closes between its two questions', async () => {
    await pauseAsStranger();
    const closing: RunLookup = {
      ...noRuns,
      async findOpenWindow() {
        await cluster.deps.camunda(CLUSTER).resumeExporting();
        return null;
      },
    };

    expect(await watch(closing)).toMatchObject({ state: 'exporting' });
  });

  it('knows a pause of a dead set that lands after it was lifted, and lifts it again', async () => {
    const backupId = await leavePause();
    await watch(noRuns);
    await cluster.deps.camunda(CLUSTER).pauseExporting('hard'); // was on its way all the time

    const found = await watch(noRuns);

    expect(found).toMatchObject({ state: 'lifted' });
    expect(await objectsOf(backupId)).toEqual(['intent.json', 'pause.json']);
  });

  it.each([
    ['of a stranger', 'foreign', noRuns, pauseAsStranger, 'no set of Safepoint'],
    ['of a set whose run lives', 'window', alive, leavePause, 'is at it'],
    ['of a set whose run nobody knows any more', 'foreign', forgotten, leavePause, 'nightly-6'],
    ['of an open window', 'window', windowWith(null), leavePause, 'nightly-7'],
    ['of a window that cannot resume', 'resume-failing', windowWith('broker 2 is down'), leavePause, ''],
  ] as const)('leaves the pause %s as it is: %s', async (_, state, runs, makePause, word) => {
    await makePause();

    const found = await watch(runs);

    expect(found).toMatchObject({ state, seen: expect.stringContaining(word) });
    expect(new Set(phases())).not.toContain('EXPORTING');
  });

  it('sounds the alarm over a pause while the store does not say whose it is; --force resumes all the same', async () => {
    await leavePause();
    await rename(cluster.folder, `${cluster.folder}-away`);
    const deps = { camunda: cluster.deps.camunda(CLUSTER), store: cluster.deps.store('main'), runs: noRuns };

    const found = await watch(noRuns);
    const refusal = resumeByHand(deps, CLUSTER, false);

    await expect(refusal).rejects.toMatchObject({ code: 'ForeignPause' });
    expect(found).toMatchObject({
      state: 'foreign',
      seen: expect.stringContaining('by whom cannot be told'),
    });
    expect(await resumeByHand(deps, CLUSTER, true)).toMatchObject({ outcome: 'resumed' });
    await rename(`${cluster.folder}-away`, cluster.folder);
  });

  it('closes the record of a dead set when nothing of it can land any more; a later pause is foreign', async () => {
    const backupId = await leavePause();
    await watch(noRuns);
    await makeOld(backupId);
    await watch(noRuns);

    await pauseAsStranger();

    expect(await watch(noRuns)).toMatchObject({ state: 'foreign' });
    expect(await objectsOf(backupId)).toEqual(['intent.json', 'pause.json', 'resume.json']);
  });

  it('leaves the record open while the run lives', async () => {
    const backupId = await leavePause();
    await cluster.deps.camunda(CLUSTER).resumeExporting();
    await makeOld(backupId);

    await watch(alive);

    expect(await objectsOf(backupId)).toEqual(['intent.json', 'pause.json']);
  });

  it('looks through sets that never paused to the one that did', async () => {
    await leavePause();
    await cluster.deps.store('main').putObject(`${CLUSTER}/99999999999/intent.json`, '{}');

    expect(await watch(noRuns)).toMatchObject({ state: 'lifted' });
  });

  it('tells of a store that cannot be opened in the line of its cluster', async () => {
    const store = () => {
      throw new Error('environment variable X is not set');
    };
    const activities = createSentinelActivities({ ...cluster.deps, store }, noRuns);

    const found = await runActivity(() => activities.watchClusters());

    expect(found).toMatchObject([{ state: 'unreachable', seen: expect.stringContaining('X is not set') }]);
  });

  it('says that a cluster does not answer, and fails for nothing', async () => {
    cluster.simulator.faults.add({ on: '* zeebe *', answer: { status: 503 } });

    expect(await watch(noRuns)).toMatchObject({ state: 'unreachable', seen: expect.stringContaining('503') });
  });
});

describe('activities/resumeByHand', () => {
  const byHand = (runs: RunLookup, force = false) =>
    resumeByHand(
      { camunda: cluster.deps.camunda(CLUSTER), store: cluster.deps.store('main'), runs },
      CLUSTER,
      force,
    );

  it('says that there is nothing to do where everything exports', async () => {
    expect(await byHand(noRuns)).toMatchObject({ outcome: 'exporting', readings: [{}, {}] });
  });

  it.each([
    ['a dead set', noRuns],
    ['a window that tries in vain', windowWith('403')],
  ])('lifts the pause of %s', async (_, runs) => {
    await leavePause();

    expect(await byHand(runs)).toMatchObject({ outcome: 'resumed' });
    expect(phases()).toEqual(['EXPORTING', 'EXPORTING']);
  });

  it.each([
    ['an open window', windowWith(null), leavePause, 'ClusterBusy'],
    ['a run that lives', alive, leavePause, 'ClusterBusy'],
    ['a run that nobody knows', forgotten, leavePause, 'ForeignPause'],
    ['a stranger', noRuns, pauseAsStranger, 'ForeignPause'],
  ] as const)('refuses over the pause of %s, but does it with force', async (_, runs, makePause, code) => {
    await makePause();

    await expect(byHand(runs)).rejects.toMatchObject({ code, message: expect.stringContaining('--force') });
    const refused = phases();
    const forced = await byHand(runs, true);

    expect(refused).not.toContain('EXPORTING');
    expect(forced).toMatchObject({ outcome: 'resumed' });
    expect(phases()).toEqual(['EXPORTING', 'EXPORTING']);
  });

  it('does not call it running while a partition has no leader that answers', async () => {
    cluster.simulator.faults.add({ state: 'partitionLeaderless', partition: 2 });

    await expect(byHand(noRuns)).rejects.toMatchObject({ code: 'ResumeNotProven' });
  }, 40_000);
});
