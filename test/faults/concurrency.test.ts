import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { BACKUP_WORKFLOW, SENTINEL_WORKFLOW, TASK_QUEUE } from '../../src/contract/names.ts';
import { PAUSE, setKey } from '../../src/domain/setKeys.ts';
import type { ClusterUnderTest } from './cluster.ts';
import { expectNothingLeft } from './expectNothingLeft.ts';
import { itInFull } from './extent.ts';
import { startInstallation, type Installation } from './installation.ts';
import { endOf, type RunEnd } from './runs.ts';
import { until } from './until.ts';

const COMPLETE = { status: 'COMPLETED', result: { verdict: 'complete', cut: 'proven', reasons: [] } };

let installation: Installation;
beforeAll(async () => {
  installation = await startInstallation({ clusters: { demo: {}, other: {} } });
  await installation.startWorker();
}, 120_000);
afterAll(async () => {
  await installation.stop();
}, 60_000);

let ids = 0;

async function startSentinel(): Promise<WorkflowHandle> {
  const workflowId = `sentinel-${++ids}`;
  return await installation.client.workflow.start(SENTINEL_WORKFLOW, { taskQueue: TASK_QUEUE, workflowId });
}

/** As a schedule starts it; returns when its run is there. */
async function startBySchedule(): Promise<WorkflowHandle> {
  const { client } = installation;
  const scheduleId = `nightly-${++ids}`;
  const schedule = await client.schedule.create({
    scheduleId,
    spec: {},
    action: {
      type: 'startWorkflow',
      workflowType: BACKUP_WORKFLOW,
      taskQueue: TASK_QUEUE,
      args: [{ cluster: 'demo' }],
    },
    state: { triggerImmediately: true },
  });
  const [run] = await until('the schedule has started its run', async () => {
    const { recentActions } = (await schedule.describe()).info;
    return recentActions.length > 0 ? recentActions : undefined;
  });
  await schedule.delete();
  return client.workflow.getHandle(run?.action.workflow.workflowId ?? '');
}

const idsOf = async () => {
  const folders = await installation.openStore().listFolders('demo/');
  return folders.filter((name) => /^\d+$/.test(name));
};
const zeebeRuns = ({ simulator }: ClusterUnderTest) =>
  until('zeebe is at work', () => simulator.triggerCount('zeebe') === 1);

/** Each run is a winner, or was told who is. */
function expectTurns(ends: readonly RunEnd[], handles: readonly WorkflowHandle[]): RunEnd[] {
  const winners = ends.filter(({ status }) => status === 'COMPLETED');
  const names = handles.map(({ workflowId }) => workflowId);
  expect(winners.length).toBeGreaterThanOrEqual(1);
  for (const winner of winners) expect(winner).toMatchObject(COMPLETE);
  for (const loser of ends.filter((end) => !winners.includes(end))) {
    expect(loser).toMatchObject({ status: 'FAILED', code: 'ClusterBusy' });
    expect(names.filter((name) => loser.message?.includes(name))).toHaveLength(1);
  }
  return winners;
}

describe('faults/concurrency: runs of one cluster at once', () => {
  it.each([
    { clients: 1, schedules: 1 },
    { clients: 2, schedules: 1 },
    { clients: 8, schedules: 2 },
  ])(
    '$clients by clients and $schedules by schedules: a winner for each set that was triggered, the others name it and leave nothing',
    async ({ clients, schedules }) => {
      const { simulator } = await installation.freshCluster({ partMs: 400 });
      const before = await idsOf();

      const handles = await Promise.all([
        ...Array.from({ length: clients }, () => installation.startBackup()),
        ...Array.from({ length: schedules }, startBySchedule),
      ]);
      const ends = await Promise.all(handles.map((handle) => endOf(handle)));

      const winners = expectTurns(ends, handles);
      expect(simulator.triggerCount('zeebe')).toBe(winners.length);
      const sets = await expectNothingLeft(installation, { triggers: winners.length });
      const own = sets.filter(({ entry }) => !before.includes(entry.backupId));
      const states = own.map(({ entry }) => entry.state).sort();
      expect(states.filter((state) => state === 'complete')).toHaveLength(winners.length);
      expect(states.filter((state) => state !== 'complete' && state !== 'failed')).toEqual([]);
      const paused = await Promise.all(
        own.map(({ entry }) => installation.openStore().head(setKey('demo', entry.backupId, PAUSE))),
      );
      expect(paused.filter((record) => record !== null)).toHaveLength(winners.length);
    },
    90_000,
  );

  it('a run started while another one resumes: it is told, and the other one completes', async () => {
    const { simulator } = await installation.freshCluster();
    const gate = Promise.withResolvers<undefined>();
    const held = simulator.faults.add({ on: 'POST zeebe resume', hold: gate.promise });
    const first = await installation.startBackup();
    await until('the resume is on its way', () => held.hits() > 0);

    const second = await installation.startBackup();
    const told = await endOf(second);
    gate.resolve(undefined);

    expect(told).toMatchObject({ code: 'ClusterBusy', message: expect.stringContaining(first.workflowId) });
    expect(await endOf(first)).toMatchObject(COMPLETE);
    await expectNothingLeft(installation);
  });

  it('a run started while the window of another one closes: it completes too, or is told', async () => {
    const { simulator } = await installation.freshCluster();
    const first = await installation.startBackup();
    await until('exporting is resumed', () =>
      simulator.requests.some(({ path }) => path.includes('/exporting/resume')),
    );

    const second = await installation.startBackup();
    const ends = [await endOf(first), await endOf(second)];

    expect(ends[0]).toMatchObject(COMPLETE);
    const winners = expectTurns(ends, [first, second]);
    await expectNothingLeft(installation, { triggers: winners.length });
  });

  it('a run started right after the window closed, while its set is still verified: both complete', async () => {
    const { simulator } = await installation.freshCluster();
    const gate = Promise.withResolvers<undefined>();
    const on = 'GET searchEngine /_snapshot/camunda/camunda_webapps_*' as const;
    const sealing = simulator.faults.add({ on, hold: gate.promise, times: 1 });
    const first = await installation.startBackup();
    await until('the set is being verified', () => sealing.hits() > 0);

    const second = await installation.startBackup();
    const end = await endOf(second);
    gate.resolve(undefined);

    expect([end, await endOf(first)]).toMatchObject([COMPLETE, COMPLETE]);
    await expectNothingLeft(installation, { triggers: 2 });
  });
});

describe('faults/concurrency: two clusters', () => {
  it('one is cancelled in its window, the other one completes undisturbed', async () => {
    const [demo, other] = [
      await installation.freshCluster({ partMs: 10_000 }),
      await installation.freshCluster({ cluster: 'other', partMs: 600 }),
    ];
    const [first, second] = [
      await installation.startBackup(),
      await installation.startBackup({ cluster: 'other' }),
    ];
    await Promise.all([zeebeRuns(demo), zeebeRuns(other)]);

    await first.cancel();
    const ends = [await endOf(first), await endOf(second)];

    expect(ends).toMatchObject([{ status: 'CANCELLED' }, COMPLETE]);
    await expectNothingLeft(installation);
    await expectNothingLeft(installation, { cluster: 'other' });
  });
});

describe('faults/concurrency: the sentinel', () => {
  it('one after the other through a whole backup: none of them disturbs it', async () => {
    await installation.freshCluster({ partMs: 400 });
    await installation.freshCluster({ cluster: 'other' });
    const handle = await installation.startBackup();
    const run = { isOver: false };
    const ending = endOf(handle).finally(() => {
      run.isOver = true;
    });

    const looks: RunEnd[] = [];
    while (!run.isOver) looks.push(await endOf(await startSentinel()));

    expect(await ending).toMatchObject(COMPLETE);
    expect(looks.length).toBeGreaterThan(3);
    expect(looks.filter(({ status }) => status !== 'COMPLETED')).toEqual([]);
    expect(looks.map(({ result }) => stateOf(result, 'demo'))).toContain('window');
    await expectNothingLeft(installation);
  });

  it.each([1, 10])(
    '%i at once while both workflows died and no activity is left: exporting runs, nobody fails',
    async (count) => {
      const cluster = await leavePause();

      const sentinels = await Promise.all(Array.from({ length: count }, startSentinel));
      await installation.startWorker();
      const looks = await Promise.all(sentinels.map((each) => endOf(each)));

      expect(await cluster.timeUntilExporting()).toBeLessThan(5_000);
      expect(looks.filter(({ status }) => status !== 'COMPLETED')).toEqual([]);
      expect(looks.map(({ result }) => stateOf(result, 'demo'))).toContain('lifted');
      expect(await endOf(await installation.startBackup())).toMatchObject(COMPLETE);
      await expectNothingLeft(installation, { triggers: 2 });
    },
    90_000,
  );

  itInFull(
    'ten at once while ten runs start: one of the runs wins, no sentinel disturbs it',
    async () => {
      const { simulator } = await installation.freshCluster({ partMs: 400 });

      const sentinels = await Promise.all(Array.from({ length: 10 }, startSentinel));
      const handles = await Promise.all(Array.from({ length: 10 }, () => installation.startBackup()));
      const ends = await Promise.all(handles.map((handle) => endOf(handle)));
      await Promise.all(sentinels.map((each) => endOf(each)));

      const winners = expectTurns(ends, handles);
      expect(simulator.triggerCount('zeebe')).toBe(winners.length);
      await expectNothingLeft(installation, { triggers: winners.length });
    },
    120_000,
  );
});

/** Both workflows are terminated while no worker is there. */
async function leavePause(): Promise<ClusterUnderTest> {
  await installation.freshCluster({ cluster: 'other' });
  const cluster = await installation.freshCluster({ partMs: 1_000 });
  const handle = await installation.startBackup();
  await zeebeRuns(cluster);
  for (const worker of installation.workers()) await worker.kill();
  await Promise.all([handle.terminate('by hand'), installation.windowHandle().terminate('by hand')]);
  expect(cluster.phases()).toEqual(['PAUSED', 'PAUSED']);
  return cluster;
}

/** The result of a sentinel run is a list of clusters. */
function stateOf(result: unknown, name: string): string | undefined {
  return (result as { cluster: string; state: string }[]).find(({ cluster }) => cluster === name)?.state;
}
