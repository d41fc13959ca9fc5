import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import type { Installation } from './installation.ts';
import { expectNothingLeft } from './expectNothingLeft.ts';
import { startInstallation } from './installation.ts';
import { endOf } from './runs.ts';
import { until } from './until.ts';

/** Temporal misses the heartbeat of the step by then. */
const HEARTBEAT_MISSED_MS = 12_000;

let installation: Installation;
beforeAll(async () => {
  installation = await startInstallation();
}, 120_000);
afterAll(() => installation.stop(), 60_000);

describe('faults/cancelledAlone: the backup is cancelled, and the pause that is told to stop fails', () => {
  it('because the only worker is killed: the run ends as cancelled, and exporting runs', async () => {
    const worker = await installation.startWorker();
    const { simulator } = await installation.freshCluster();
    const pausing = simulator.faults.add({ on: 'POST zeebe pause', when: 'after', answer: 'hang' });
    const handle = await installation.startBackup();
    await until('the pause is on its way', () => pausing.hits() === 1);

    await handle.cancel();
    await toldToStop(installation.windowHandle());
    await worker.kill();
    await sleep(HEARTBEAT_MISSED_MS);
    await installation.startWorker();

    expect(await endOf(handle)).toMatchObject({ status: 'CANCELLED' });
    const [set] = await expectNothingLeft(installation);
    expect(set?.failure).toMatchObject({ code: 'BackupCancelled' });
    await installation.workers()[0]?.kill();
  }, 120_000);

  it('because Zeebe does not answer any more: the run ends as cancelled, and exporting runs', async () => {
    await installation.startWorker();
    const { simulator, proxies } = await installation.freshCluster();
    const pausing = simulator.faults.add({ on: 'POST zeebe pause', when: 'after', answer: 'hang' });
    const handle = await installation.startBackup();
    await until('the pause is on its way', () => pausing.hits() === 1);

    await handle.cancel();
    await toldToStop(installation.windowHandle());
    proxies.broker0?.cut();
    pausing.remove();

    expect(await endOf(handle)).toMatchObject({ status: 'CANCELLED' });
    const [set] = await expectNothingLeft(installation);
    expect(set?.failure).toMatchObject({ code: 'BackupCancelled' });
  }, 60_000);
});

async function toldToStop(window: WorkflowHandle): Promise<void> {
  await until('the step is told to stop', async () => {
    const { events } = await window.fetchHistory();
    return events?.some((event) => event.activityTaskCancelRequestedEventAttributes != null);
  });
}
