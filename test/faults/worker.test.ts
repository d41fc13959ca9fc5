import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import type { SimulatedPart } from '../../sandbox/simulator/options.ts';
import { INTENT, MANIFEST } from '../../src/domain/setKeys.ts';
import type { ClusterUnderTest } from './cluster.ts';
import { expectNothingLeft } from './expectNothingLeft.ts';
import { isFull, itInFull } from './extent.ts';
import { startInstallation, type Installation } from './installation.ts';
import { clustersFor, killWorkerAt, type Ending } from './killedAt.ts';
import {
  dumpUnreported,
  hasObject,
  inDump,
  unanswered,
  unheard,
  unreported,
  type Moment,
} from './moments.ts';
import { endOf, untilWithin } from './runs.ts';
import { unfinishedFiles } from './unfinishedFiles.ts';
import type { WorkerProcess } from './workerProcess.ts';

const SEALING = 'GET searchEngine /_snapshot/camunda/camunda_webapps_*';

/** The exporters were read after the last look at the backup: that is the end of the activity. */
function zeebeWasFenced({ simulator }: ClusterUnderTest): boolean {
  const last = (pattern: RegExp) => simulator.requests.findLastIndex(({ path: url }) => pattern.test(url));
  return last(/\/actuator\/partitions$/) > last(/\/actuator\/backupRuntime\/\d+$/);
}

const moments: Moment[] = [
  {
    at: 'preflight asks its first question',
    isPaused: false,
    late: 2,
    hold: unheard({ on: 'GET restApi topology' }),
  },
  {
    at: 'preflight is about to take an id',
    isPaused: false,
    late: 2,
    hold: unheard({ on: 'GET zeebe state', skip: 1 }),
  },
  {
    at: 'preflight is done and nobody knows',
    isPaused: false,
    late: 2,
    hold: unreported({ on: 'GET zeebe state', skip: 1 }, ({ name }, installation) =>
      hasObject(installation, name, INTENT),
    ),
  },
  { at: 'the pause is not heard', isPaused: false, hold: unheard({ on: 'POST zeebe pause' }) },
  { at: 'the answer to the pause is lost', isPaused: true, hold: unanswered({ on: 'POST zeebe pause' }) },
  {
    at: 'the pause is proven and nobody knows',
    isPaused: true,
    late: 2,
    hold: unreported({ on: 'POST zeebe pause' }, ({ phases }) =>
      phases().every((phase) => phase !== 'EXPORTING'),
    ),
  },
  { at: 'the trigger of zeebe is not heard', isPaused: true, hold: unheard({ on: 'POST zeebe backup' }) },
  {
    at: 'the answer to the trigger of zeebe is lost',
    isPaused: true,
    hold: unanswered({ on: 'POST zeebe backup' }),
  },
  { at: 'zeebe is at work', isPaused: true, hold: unheard({ on: 'GET zeebe status', skip: 2 }) },
  {
    at: 'zeebe is complete and nobody knows',
    isPaused: true,
    late: 2,
    hold: unreported({ on: 'GET zeebe status', skip: 2 }, zeebeWasFenced),
  },
  { at: 'the trigger of webapps is not heard', isPaused: true, hold: unheard({ on: 'POST webapps backup' }) },
  {
    at: 'the answer to the trigger of webapps is lost',
    isPaused: true,
    hold: unanswered({ on: 'POST webapps backup' }),
  },
  { at: 'webapps is at work', isPaused: true, hold: unheard({ on: 'GET webapps status', skip: 2 }) },
  {
    at: 'the answer to the snapshot of the records is lost',
    isPaused: true,
    hold: unanswered({ on: 'PUT searchEngine snapshot' }),
  },
  { at: 'the resume is not heard', isPaused: true, hold: unheard({ on: 'POST zeebe resume' }) },
  { at: 'the answer to the resume is lost', isPaused: false, hold: unanswered({ on: 'POST zeebe resume' }) },
  {
    at: 'the resume is proven and nobody knows',
    isPaused: false,
    late: 1,
    hold: unreported({ on: 'POST zeebe resume' }, ({ phases }) =>
      phases().every((phase) => phase === 'EXPORTING'),
    ),
  },
  { at: 'the database is half dumped', isPaused: false, hold: inDump },
  { at: 'the database is dumped and nobody knows', isPaused: false, late: 1, hold: dumpUnreported },
  { at: 'the set is being verified', isPaused: false, hold: unheard({ on: SEALING }) },
  {
    at: 'the manifest is written and nobody knows',
    isPaused: false,
    late: 1,
    hold: unreported({ on: SEALING }, ({ name }, installation) => hasObject(installation, name, MANIFEST)),
  },
];

let installation: Installation;
beforeAll(async () => {
  installation = await startInstallation({
    clusters: { demo: {}, dumped: { database: true }, planned: {}, ...clustersFor('at', moments) },
  });
}, 120_000);
afterAll(async () => {
  await installation.stop();
}, 60_000);

const COMPLETE = { status: 'COMPLETED', result: { verdict: 'complete', reasons: [] } };

async function stopWorkers(): Promise<void> {
  for (const worker of installation.workers()) await worker.kill();
}

const procedures = isFull
  ? (['sequential', 'parallel', 'history-first'] as const)
  : (['sequential'] as const);

describe.each(procedures)(
  'faults/worker: kill -9 of the only worker in a %s backup, and another one is started',
  (procedure) => {
    let endings: Ending[];
    let planned: Ending;
    beforeAll(async () => {
      ({ endings, planned } = await killWorkerAt(installation, 'at', moments, procedure));
    }, 240_000);
    afterAll(() => stopWorkers(), 60_000);

    async function expectRecovered(ending: Ending | undefined, cluster: string): Promise<void> {
      expect(await ending?.wasInterrupted()).toBe(true);
      expect(await ending?.end).toMatchObject(COMPLETE);
      await expectNothingLeft(installation, { cluster });
    }

    it.each(moments.map((moment, index) => ({ ...moment, index })))(
      'when $at: the backup ends complete, each part triggered once',
      async ({ index, isPaused }) => {
        const ending = endings[index];

        expect(ending?.phases.map((phase) => phase !== 'EXPORTING')).toEqual([isPaused, isPaused]);
        await expectRecovered(ending, `at${index}`);
      },
    );

    it('when the plan is made and nobody knows: the backup ends complete, each part triggered once', async () => {
      await expectRecovered(planned, 'planned');
    });
  },
);

describe('faults/worker: workers that go and come', () => {
  let handle: WorkflowHandle;
  let cluster: ClusterUnderTest;
  let worker: WorkerProcess;
  beforeEach(async () => {
    worker = await installation.startWorker();
    cluster = await installation.freshCluster({ partMs: 2_000 });
    handle = await installation.startBackup();
  }, 60_000);
  afterEach(() => stopWorkers(), 60_000);

  const captures = (part: SimulatedPart) =>
    untilWithin(handle, `${part} is at work`, () => cluster.simulator.triggerCount(part) === 1);

  it('no worker for 15 s while exporting is paused: the next one completes the backup', async () => {
    await captures('zeebe');
    await worker.kill();
    await sleep(15_000);
    expect(cluster.phases()).toEqual(['PAUSED', 'PAUSED']);

    await installation.startWorker();

    expect(await endOf(handle)).toMatchObject(COMPLETE);
    await expectNothingLeft(installation);
  }, 90_000);

  itInFull(
    'no worker for 3 minutes while exporting is paused: the next one completes the backup',
    async () => {
      await captures('zeebe');
      await worker.kill();
      await sleep(180_000);

      await installation.startWorker();

      expect(await endOf(handle)).toMatchObject(COMPLETE);
      await expectNothingLeft(installation);
    },
    300_000,
  );

  it('the window is terminated while no worker is there: exporting runs within 15 s of the return of one', async () => {
    await captures('zeebe');
    await worker.kill();
    await installation.windowHandle().terminate('by hand');

    await installation.startWorker();
    const tookMs = await cluster.timeUntilExporting();

    expect(tookMs).toBeLessThan(15_000);
    expect(await endOf(handle)).toMatchObject({ status: 'FAILED', code: 'WindowLost' });
    await expectNothingLeft(installation);
  }, 60_000);

  it('the backup is terminated while no worker is there: exporting runs within 15 s of the return of one', async () => {
    await captures('zeebe');
    await worker.kill();
    await handle.terminate('by hand');

    await installation.startWorker();
    const tookMs = await cluster.timeUntilExporting();

    expect(tookMs).toBeLessThan(15_000);
    await expectNothingLeft(installation);
  }, 60_000);

  it('a second worker comes and the first one gets SIGTERM mid-part: that one ends within its 30 s, the backup ends complete', async () => {
    await captures('zeebe');
    await installation.startWorker();
    const stoppedMs = performance.now();
    await worker.stop();
    const stopMs = performance.now() - stoppedMs;

    expect(await endOf(handle)).toMatchObject(COMPLETE);
    expect(stopMs).toBeLessThan(30_000);
    await expectNothingLeft(installation);
  }, 60_000);

  itInFull(
    'kill -9 every 4 s: the backup ends complete once the workers are left alone',
    async () => {
      for (let killed = 0; killed < 10; killed++) {
        await sleep(4_000);
        await worker.kill();
        worker = await installation.startWorker();
      }

      expect(await endOf(handle)).toMatchObject(COMPLETE);
      await expectNothingLeft(installation);
    },
    240_000,
  );
});

describe('faults/worker: in the middle of a dump', () => {
  afterEach(() => stopWorkers(), 60_000);

  const unfinished = () => unfinishedFiles(path.join(installation.store.folder ?? '', 'dumped'));

  async function bringIntoDump() {
    const worker = await installation.startWorker();
    const cluster = await installation.freshCluster({ cluster: 'dumped' });
    const held = inDump(cluster);
    const handle = await installation.startBackup({ cluster: 'dumped' });
    await untilWithin(handle, 'half of the database has come', () => held.reached());
    return { worker, held, handle };
  }

  it('SIGTERM: the worker ends within 10 s, leaves no half file, and the next one completes the backup', async () => {
    const { worker, held, handle } = await bringIntoDump();
    const stoppedMs = performance.now();
    await worker.stop();
    const stopMs = performance.now() - stoppedMs;
    const left = unfinished();
    held.undo();

    await installation.startWorker();

    expect(stopMs).toBeLessThan(10_000);
    expect(left).toEqual([]);
    expect(await endOf(handle)).toMatchObject(COMPLETE);
    await expectNothingLeft(installation, { cluster: 'dumped' });
  }, 90_000);

  it('kill -9: the half file is gone once the next worker has completed the backup', async () => {
    const { worker, held, handle } = await bringIntoDump();
    await worker.kill();
    held.undo();

    await installation.startWorker();

    expect(await endOf(handle)).toMatchObject(COMPLETE);
    expect(unfinished()).toEqual([]);
    await expectNothingLeft(installation, { cluster: 'dumped' });
  }, 90_000);
});
