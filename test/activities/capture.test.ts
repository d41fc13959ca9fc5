import { afterEach, describe, expect, it } from '@jest/globals';
import type { MockActivityEnvironment } from '@temporalio/testing';
import { createCaptureActivities, type CaptureInput } from '../../src/activities/capture.ts';
import { createPlanActivities } from '../../src/activities/plan.ts';
import type { CutPart, PartResult } from '../../src/contract/parts.ts';
import { noRuns } from '../support/noRuns.ts';
import { activityEnvironment, runActivity } from '../support/runActivity.ts';
import { CLUSTER, startCluster, type SimulatedCluster } from './preflight/simulatedCluster.ts';

let cluster: SimulatedCluster;

afterEach(async () => {
  await cluster.close();
});

async function inputFor(part: CutPart, stallMs = 600_000): Promise<CaptureInput> {
  const plan = await createPlanActivities(cluster.deps).planBackup({ cluster: CLUSTER });
  const budgets = { ...plan.budgets, stallMs };
  return {
    plan: { ...plan, flushDelayMs: 50, budgets },
    part,
    backupId: '1000',
    pausedForMs: 0,
    settled: true,
  };
}

function capture(input: CaptureInput, environment?: MockActivityEnvironment): Promise<PartResult> {
  const activities = createCaptureActivities(cluster.deps, noRuns);
  return runActivity(() => activities.capturePart(input), environment);
}

describe('activities/capture: capturePart', () => {
  it.each(['zeebe', 'operate', 'tasklist', 'optimize', 'zeebe-records'] as const)(
    'triggers %s once and returns its pieces with the readings beside it',
    async (part) => {
      cluster = await startCluster({ profile: '8.6', partMs: 300 });

      const result = await capture(await inputFor(part));

      expect(result).toMatchObject({ part, backupId: '1000' });
      expect(result.pieces.every((piece) => piece.complete)).toBe(true);
      expect([result.fence.before.length, result.fence.after.length]).toEqual([2, 2]);
      expect(result.fence.highestRecords?.length).toBe(part === 'zeebe' ? undefined : 2);
    },
  );

  it('adopts its own backup when the first answer was lost', async () => {
    cluster = await startCluster({ profile: '8.8', partMs: 0 });
    await capture(await inputFor('zeebe'));

    const again = await capture(await inputFor('zeebe'));

    expect(again.pieces).toHaveLength(2);
    expect(cluster.simulator.triggerCount('zeebe')).toBe(1);
  });

  it('hands over to a next attempt, with the progress as its message, and goes on where it was', async () => {
    cluster = await startCluster({ profile: '8.8', partMs: 2_000 });
    const first = activityEnvironment();
    let heartbeatDetails: unknown;
    first.on('heartbeat', (details: unknown) => {
      heartbeatDetails = details;
    });
    const input = await inputFor('zeebe');
    const activities = createCaptureActivities(cluster.deps, noRuns, { attemptMs: 500 });

    const handedOver = runActivity(() => activities.capturePart(input), first);
    await expect(handedOver).rejects.toMatchObject({
      type: 'BackupInProgress',
      message: expect.stringMatching(/^zeebe: /),
      nextRetryDelay: 200,
    });
    const result = await capture(input, activityEnvironment({ attempt: 2, heartbeatDetails }));

    expect(result.tookMs).toBeGreaterThan(1_400); // both attempts
    expect(cluster.simulator.triggerCount('zeebe')).toBe(1);
  });

  it('keeps looking while a component answers 503, and takes the part when it answers again', async () => {
    cluster = await startCluster({ profile: '8.8', partMs: 0 });
    cluster.simulator.faults.add({ on: 'GET webapps status', answer: { status: 503 }, times: 4 });

    const result = await capture(await inputFor('webapps'));

    expect(result.pieces.every((piece) => piece.complete)).toBe(true);
  });

  it('gives a part up whose component never answers again', async () => {
    cluster = await startCluster({ profile: '8.8', partMs: 0 });
    cluster.simulator.faults.add({ on: 'GET webapps status', answer: 'reset' });

    const lost = capture(await inputFor('webapps', 1_500));

    await expect(lost).rejects.toMatchObject({
      code: 'PartStalled',
      message: expect.stringContaining('ECONNRESET'),
    });
  });

  it('counts the answer of an application that comes in after the part is complete', async () => {
    cluster = await startCluster({ profile: '8.8', partMs: 0 });
    cluster.simulator.faults.add({ on: 'GET * health', delayMs: 700 });

    const result = await capture(await inputFor('zeebe'));

    const counts = result.responsiveness.flatMap(({ latency }) => latency.counts);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
  });

  it('sees a part complete within 250 ms and 1 % of its time', async () => {
    cluster = await startCluster({ profile: '8.8', partMs: 3_000 });
    const startedMs = performance.now();

    const result = await capture(await inputFor('webapps'));

    const allowedMs = 3_000 + 250 + 30 + 300; // 300: the requests themselves and a busy machine
    expect(result.tookMs).toBeLessThan(allowedMs);
    expect(performance.now() - startedMs).toBeGreaterThan(2_900);
  });

  it.each([
    ['FAILED', { state: 'partFails', part: 'webapps', reason: 'disk full' }, 'PartFailed', /disk full/],
    [
      'INCOMPLETE for ever',
      { state: 'partStays', part: 'webapps', word: 'INCOMPLETE' },
      'PartStalled',
      /no progress/,
    ],
    [
      'IN_PROGRESS for ever',
      { state: 'partStays', part: 'webapps', word: 'IN_PROGRESS' },
      'PartStalled',
      /no progress/,
    ],
    [
      'never seen after its trigger',
      { state: 'partNeverAppears', part: 'webapps' },
      'PartStalled',
      /no backup 1000 visible/,
    ],
  ] as const)('gives up a part that is %s', async (_, fault, code, message) => {
    cluster = await startCluster({ profile: '8.8', partMs: 50 });
    cluster.simulator.faults.add(fault);

    const lost = capture(await inputFor('webapps', 1_500));

    await expect(lost).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('does not take a COMPLETED with a piece missing for complete', async () => {
    cluster = await startCluster({ profile: '8.8', partMs: 50 });
    cluster.simulator.faults.add({ state: 'pieceMissing', part: 'webapps' });

    const lost = capture(await inputFor('webapps', 1_500));

    await expect(lost).rejects.toMatchObject({ code: 'PartStalled' });
  });

  it('ends at once when it is cancelled, and stays recognisable as a cancel', async () => {
    cluster = await startCluster({ profile: '8.8', partMs: 60_000 });
    const environment = activityEnvironment();
    const waiting = capture(await inputFor('zeebe'), environment);
    const ended = expect(waiting).rejects.toMatchObject({ name: 'CancelledFailure' });
    while (cluster.simulator.triggerCount('zeebe') === 0)
      await new Promise((resolve) => setTimeout(resolve, 20));

    environment.cancel('CANCELLED');

    await ended;
  });
});

describe('activities/capture: the exporter after a hard pause', () => {
  it('holds an index part back until the exporter has flushed and stands still', async () => {
    cluster = await startCluster({ profile: '8.8', partMs: 0, flushDelayMs: 1_000, loadPerSecond: 500 });
    await cluster.deps.camunda(CLUSTER).pauseExporting('hard');
    const input = await inputFor('webapps');

    const result = await capture({ ...input, plan: { ...input.plan, flushDelayMs: 1_000 }, settled: false });

    expect(result.fence.before.map((reading) => reading.exportedPosition)).toEqual(
      result.fence.after.map((reading) => reading.exportedPosition),
    );
    const pausedAt = timeOf('/actuator/exporting/pause');
    const triggeredAt = timeOf('/actuator/backupHistory');
    expect(triggeredAt - pausedAt).toBeGreaterThan(1_900); // flush delay and margin
  });

  it('does not claim a reading from before the trigger when the part was there already', async () => {
    cluster = await startCluster({ profile: '8.8', partMs: 0 });
    await cluster.deps.camunda(CLUSTER).pauseExporting('hard');
    const input = await inputFor('webapps');
    await capture(input);

    const adopted = await capture(input);

    expect(adopted.fence.before).toEqual([]);
  });

  it('does not hold the Zeebe part back', async () => {
    cluster = await startCluster({ profile: '8.8', partMs: 0, flushDelayMs: 1_000 });
    await cluster.deps.camunda(CLUSTER).pauseExporting('hard');
    const input = await inputFor('zeebe');

    await capture({ ...input, plan: { ...input.plan, flushDelayMs: 60_000 }, settled: false });

    expect(cluster.simulator.triggerCount('zeebe')).toBe(1);
  });

  it('fails when positions go on moving long after the flush delay', async () => {
    cluster = await startCluster({ profile: '8.8', loadPerSecond: 500, flushDelayMs: 100 });
    const camunda = cluster.deps.camunda(CLUSTER);
    const readExporters = async () =>
      (await camunda.readExporters()).map((reading) => ({ ...reading, phase: 'PAUSED' })); // so it says, and moves
    cluster.deps = { ...cluster.deps, camunda: () => ({ ...camunda, readExporters }) };
    const input = await inputFor('webapps');

    const moving = capture({ ...input, settled: false });

    await expect(moving).rejects.toMatchObject({ code: 'ExporterNotQuiet' });
  });

  it('gives the set up at once when somebody has resumed exporting before an index part', async () => {
    cluster = await startCluster({ profile: '8.8' });
    await cluster.deps.camunda(CLUSTER).pauseExporting('hard');
    const input = await inputFor('webapps');

    const waiting = capture({ ...input, plan: { ...input.plan, flushDelayMs: 60_000 }, settled: false });
    await cluster.deps.camunda(CLUSTER).resumeExporting();

    await expect(waiting).rejects.toMatchObject({
      code: 'SetFailed',
      message: expect.stringContaining('EXPORTING inside the window'),
    });
  });
});

function timeOf(pathStart: string): number {
  const request = cluster.simulator.requests.find(
    ({ method, path }) => method === 'POST' && path.startsWith(pathStart),
  );
  return Date.parse(request?.at ?? '');
}
