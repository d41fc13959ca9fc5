import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ClusterUnderTest } from './cluster.ts';
import { expectNothingLeft } from './expectNothingLeft.ts';
import { itInFull } from './extent.ts';
import { startInstallation, type Installation } from './installation.ts';
import { endOf, untilWithin } from './runs.ts';

const COMPLETE = { status: 'COMPLETED', result: { verdict: 'complete', reasons: [] } };

let installation: Installation;
let cluster: ClusterUnderTest;
let handle: WorkflowHandle;
beforeAll(async () => {
  installation = await startInstallation();
  await installation.startWorker();
}, 120_000);
afterAll(async () => {
  await installation.stop();
}, 60_000);
beforeEach(async () => {
  cluster = await installation.freshCluster({ partMs: 1_000 });
  handle = await installation.startBackup();
}, 30_000);
afterEach(() => {
  installation.temporal.proxy.heal();
});

/** Zeebe's part runs, so exporting is paused. */
async function insideTheWindow(): Promise<void> {
  await untilWithin(handle, 'zeebe is at work', () => cluster.simulator.triggerCount('zeebe') === 1);
}

/** The last part of the window is taken: what comes next is the resume. */
async function beforeTheResume(): Promise<void> {
  const isLast = () =>
    cluster.simulator.requests.some(({ method, path }) => method === 'PUT' && path.includes('_snapshot'));
  await untilWithin(handle, 'the snapshot of the records is taken', isLast);
}

async function expectComplete(): Promise<void> {
  expect(await endOf(handle)).toMatchObject(COMPLETE);
  await expectNothingLeft(installation);
}

describe('faults/temporal: the server is killed and comes back', () => {
  it.each([
    ['1 s inside the window: the backup ends complete', insideTheWindow, 1_000],
    [
      '12 s inside the window, longer than heartbeats may be late: the backup ends complete',
      insideTheWindow,
      12_000,
    ],
    ['3 s just before the resume: exporting runs within 15 s of its return', beforeTheResume, 3_000],
  ])(
    'away for %s',
    async (_title, moment, awayMs) => {
      await moment();
      await installation.temporal.kill();
      await sleep(awayMs);
      expect(cluster.phases()).toEqual(['PAUSED', 'PAUSED']);

      await installation.temporal.start();
      const backMs = performance.now();

      if (moment === beforeTheResume) expect(await cluster.timeUntilExporting(backMs)).toBeLessThan(15_000);
      await expectComplete();
    },
    90_000,
  );

  itInFull(
    'away for 3 minutes inside the window: the backup ends complete',
    async () => {
      await insideTheWindow();
      await installation.temporal.kill();
      await sleep(180_000);

      await installation.temporal.start();

      await expectComplete();
    },
    360_000,
  );

  itInFull(
    'away every 5 s, six times: the backup ends complete',
    async () => {
      for (let killed = 0; killed < 6; killed++) {
        await sleep(5_000);
        await installation.temporal.kill();
        await installation.temporal.start();
      }

      await expectComplete();
    },
    180_000,
  );
});

type Outage = { fault: string; begin: () => void; ms: number };

const outages: Outage[] = [
  {
    fault: 'refuses and breaks all connections for 12 s',
    begin() {
      installation.temporal.proxy.suffer({ refuse: true });
      installation.temporal.proxy.cut();
    },
    ms: 12_000,
  },
  {
    fault: 'takes connections and passes nothing on for 12 s',
    begin: () => {
      installation.temporal.proxy.suffer({ blackHole: true });
    },
    ms: 12_000,
  },
];

describe('faults/temporal: the worker cannot reach the server', () => {
  it.each(outages)(
    'the network $fault inside the window: the backup ends complete',
    async ({ begin, ms }) => {
      await insideTheWindow();
      begin();
      await sleep(ms);
      installation.temporal.proxy.heal();

      await expectComplete();
    },
    90_000,
  );

  itInFull(
    'the network takes connections and passes nothing on for 3 minutes inside the window: the backup ends complete',
    async () => {
      await insideTheWindow();
      installation.temporal.proxy.suffer({ blackHole: true });
      await sleep(180_000);
      installation.temporal.proxy.heal();

      await expectComplete();
    },
    360_000,
  );

  it('every chunk takes 100 ms longer each way: the backup ends complete', async () => {
    installation.temporal.proxy.suffer({ delayMs: 100 });

    await expectComplete();
  }, 90_000);

  it('all connections break every 500 ms: the backup ends complete', async () => {
    const breaking = setInterval(() => installation.temporal.proxy.cut(), 500);

    const end = await endOf(handle).finally(() => {
      clearInterval(breaking);
    });

    expect(end).toMatchObject(COMPLETE);
    await expectNothingLeft(installation);
  }, 90_000);
});
