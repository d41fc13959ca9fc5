import { afterEach, describe, expect, it } from '@jest/globals';
import { ActivityCancellationDetails } from '@temporalio/common';
import { createExportingActivities, type ResumeInput } from '../../src/activities/exporting.ts';
import { createPlanActivities } from '../../src/activities/plan.ts';
import type { PauseProof, ResumeProof } from '../../src/contract/exporting.ts';
import type { ProcedureName } from '../../src/contract/backup.ts';
import { poll } from '../../sandbox/stack/poll.ts';
import type { RunLookup } from '../../src/system/runs.ts';
import { noRuns } from '../support/noRuns.ts';
import { activityEnvironment, runActivity } from '../support/runActivity.ts';
import { CLUSTER, startCluster, type SimulatedCluster } from './preflight/simulatedCluster.ts';

let cluster: SimulatedCluster;

/** The window in which the activity of a test runs is open; every other run is over. */
const withOwnWindow: RunLookup = {
  ...noRuns,
  readRunState: ({ workflowId }) => Promise.resolve(workflowId === 'test' ? 'running' : 'closed'),
};

afterEach(async () => {
  await cluster.close();
});

function phases(): string[] {
  return cluster.simulator.exporting().map((partition) => partition.phase);
}

async function pause(
  procedure: ProcedureName,
  environment = activityEnvironment(),
  runs: RunLookup = withOwnWindow,
): Promise<PauseProof> {
  const plan = await createPlanActivities(cluster.deps).planBackup({ cluster: CLUSTER, procedure });
  const activities = createExportingActivities(cluster.deps, runs);
  return await runActivity(
    () => activities.pauseExporting({ plan, set: { backupId: '1000', waves: [] } }),
    environment,
  );
}

function resume(more: Partial<ResumeInput> = {}, runs: RunLookup = noRuns): Promise<ResumeProof> {
  const activities = createExportingActivities(cluster.deps, runs);
  return runActivity(() => activities.resumeExporting({ cluster: CLUSTER, ...more }));
}

describe('activities/exporting: pauseExporting', () => {
  it.each([
    ['sequential', 'PAUSED'],
    ['history-first', 'SOFT_PAUSED'],
  ] as const)('%s pauses every partition and proves %s', async (procedure, phase) => {
    cluster = await startCluster({ profile: '8.8', brokers: 3, partitions: 3 });

    const proof = await pause(procedure);

    expect(proof.readings.map((reading) => reading.phase)).toEqual([phase, phase, phase]);
    expect(cluster.simulator.exporting().map((partition) => partition.phase)).toEqual([phase, phase, phase]);
  });

  it('never pauses over the pause of somebody else', async () => {
    cluster = await startCluster({ profile: '8.8' });
    await cluster.deps.camunda(CLUSTER).pauseExporting('soft');

    await expect(pause('sequential')).rejects.toMatchObject({ code: 'ForeignPause' });

    expect(cluster.simulator.exporting().map((partition) => partition.phase)).toEqual([
      'SOFT_PAUSED',
      'SOFT_PAUSED',
    ]);
  });

  it('goes on from the pause that an earlier attempt has sent', async () => {
    cluster = await startCluster({ profile: '8.8' });
    await pause('sequential');

    const again = await pause('sequential', activityEnvironment({ attempt: 2 }));

    expect(again.readings).toHaveLength(2);
  });

  it('takes a pause for foreign in a later attempt too, when no earlier one has sent any', async () => {
    cluster = await startCluster({ profile: '8.8' });
    await cluster.deps.camunda(CLUSTER).pauseExporting('hard');

    await expect(pause('sequential', activityEnvironment({ attempt: 2 }))).rejects.toMatchObject({
      code: 'ForeignPause',
    });
  });

  it('takes its pause back when its window is gone meanwhile', async () => {
    cluster = await startCluster({ profile: '8.8' });
    cluster.simulator.faults.add({ on: 'POST zeebe pause', when: 'after', delayMs: 500 });
    const environment = activityEnvironment();
    const pausing = pause('sequential', environment);
    const ended = expect(pausing).rejects.toMatchObject({ name: 'CancelledFailure' });
    await poll('the pause', 5_000, () => Promise.resolve(phases().includes('PAUSED') || undefined));

    environment.cancel('NOT_FOUND', new ActivityCancellationDetails({ notFound: true }));
    await ended;

    expect(phases()).toEqual(['EXPORTING', 'EXPORTING']);
  });

  it('waits with its pause while a run that lives may still resume another one', async () => {
    cluster = await startCluster({ profile: '8.8' });
    const store = cluster.deps.store('main');
    await store.putObject(`${CLUSTER}/999/pause.json`, '{}');
    const alive: RunLookup = { ...noRuns, readRunState: () => Promise.resolve('running') };

    const attempt = pause('sequential', activityEnvironment(), alive);

    await expect(attempt).rejects.toMatchObject({
      code: 'ClusterBusy',
      message: expect.stringContaining('set 999'),
    });
    expect(phases()).toEqual(['EXPORTING', 'EXPORTING']);
  });

  it('never pauses again for a set that was closed', async () => {
    cluster = await startCluster({ profile: '8.8' });
    await pause('sequential');
    await resume({ backupId: '1000', pauseIsOver: true });

    await expect(pause('sequential')).rejects.toMatchObject({ code: 'WindowClosed' });
  });

  it('does not believe an answer without the phase on every partition', async () => {
    cluster = await startCluster({ profile: '8.8' });
    cluster.simulator.faults.add({ state: 'pauseReachesOnly', partitions: [1] });

    await expect(pause('sequential')).rejects.toMatchObject({
      code: 'PauseNotProven',
      message: expect.stringMatching(/partition 2 .* is EXPORTING/),
    });
  }, 40_000);

  it('takes the pause back that has landed after its window died, and was proven before any heartbeat told of it', async () => {
    cluster = await startCluster({ profile: '8.8' });

    const dead: RunLookup = { ...noRuns, readRunState: () => Promise.resolve('closed') };

    const attempt = pause('sequential', activityEnvironment(), dead);

    await expect(attempt).rejects.toMatchObject({ code: 'WindowClosed' });
    expect(cluster.simulator.exporting().map(({ phase }) => phase)).toEqual(['EXPORTING', 'EXPORTING']);
    const calls = cluster.simulator.requests.flatMap(
      ({ path }) => /exporting\/(pause|resume)/.exec(path)?.[1] ?? [],
    );
    expect(calls).toEqual(['pause', 'resume']);
  });
});

describe('activities/exporting: resumeExporting', () => {
  it.each<[string, Partial<ResumeInput>, RunLookup]>([
    ['a set that never asked for a pause', { backupId: '1000' }, noRuns],
    [
      'a backup whose cluster another run has in its window',
      { backupId: '1001', by: 'backup' },
      {
        ...noRuns,
        findOpenWindow: () =>
          Promise.resolve({ holder: { workflowId: 'b', runId: 'b' }, seen: '', resumeProblem: null }),
      },
    ],
  ])('touches nothing for %s', async (_, input, runs) => {
    cluster = await startCluster({ profile: '8.8' });
    await cluster.deps.camunda(CLUSTER).pauseExporting('hard');
    await cluster.deps.store('main').putObject(`${CLUSTER}/1001/pause.json`, '{}');

    await resume(input, runs);

    expect(phases()).toEqual(['PAUSED', 'PAUSED']);
  });

  it('resumes when the store cannot say whether the set has paused', async () => {
    cluster = await startCluster({ profile: '8.8' });
    await pause('sequential');
    const broken = () => Promise.reject(new Error('store is down'));
    const deps = {
      ...cluster.deps,
      store: (name: string) => ({ ...cluster.deps.store(name), head: broken }),
    };
    const activities = createExportingActivities(deps, noRuns);

    await runActivity(() => activities.resumeExporting({ cluster: CLUSTER, backupId: '1000' }));

    expect(phases()).toEqual(['EXPORTING', 'EXPORTING']);
  });

  it('takes exporting that runs everywhere for resumed, also where it is refused itself', async () => {
    cluster = await startCluster({ profile: '8.8' });
    cluster.simulator.faults.add({ on: 'POST zeebe resume', answer: { status: 403 } });

    const proof = await resume();

    expect(proof.readings.map(({ phase }) => phase)).toEqual(['EXPORTING', 'EXPORTING']);
  });

  it('resumes and proves it, as often as it is asked', async () => {
    cluster = await startCluster({ profile: '8.8' });
    await pause('sequential');

    await resume();
    const again = await resume();

    expect(again.readings.map((reading) => reading.phase)).toEqual(['EXPORTING', 'EXPORTING']);
  });

  it.each([
    [
      'a refusal inside a 200',
      {
        on: 'POST zeebe resume',
        answer: {
          status: 200,
          json: {
            body: { message: 'Expected 3 members of partition 1 but found 2' },
            status: 500,
            contentType: null,
          },
        },
      },
    ],
    [
      'a user that is refused, which no retry would heal elsewhere',
      { on: 'POST zeebe resume', answer: { status: 403 } },
    ],
    ['a connection that breaks', { on: 'POST zeebe resume', answer: 'reset' }],
  ] as const)('turns %s into an error that is tried again', async (_, fault) => {
    cluster = await startCluster({ profile: '8.8' });
    await pause('sequential');
    cluster.simulator.faults.add(fault);

    await expect(resume()).rejects.toMatchObject({ code: 'ResumeNotProven' });
  });
});
