import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Fault } from '../../sandbox/simulator/faults/faults.ts';
import { safepoint } from '../cli/safepoint.ts';
import { failureOf } from '../workflows/lab.ts';
import { expectComplete, expectSound } from './expectSound.ts';
import { itInFull } from './extent.ts';
import { startRig, type Rig, type RigCluster } from './rig.ts';
import { endOf } from './runs.ts';
import { until } from './until.ts';

const TIMEOUT_MS = 180_000;
type Refusal = { what: string; fault: Fault & { times: number } };

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
}, 120_000);
afterAll(() => rig.stop(), 60_000);

describe('faults/exporting: pause and resume that are refused, or reach half of it', () => {
  it.concurrent.each<Refusal>([
    {
      what: 'reaches one of two and says 204',
      fault: { state: 'pauseReachesOnly', partitions: [1], times: 1 },
    },
    {
      what: 'reaches one of two and says 500',
      fault: { state: 'pauseReachesOnly', partitions: [2], answer: 500, times: 1 },
    },
    { what: 'is refused with a text', fault: { state: 'pauseFails', body: 'string', times: 2 } },
    { what: 'is refused with an object', fault: { state: 'pauseFails', body: 'object', times: 2 } },
  ])(
    'a pause $what: it is sent again, and the backup is complete',
    async ({ fault }) => {
      const cluster = await rig.open();
      const armed = cluster.simulator.faults.add(fault);

      const end = await cluster.run();

      expectComplete(end);
      expect(armed.hits()).toBe(fault.times);
      expect(await expectSound(cluster)).toHaveLength(1);
    },
    TIMEOUT_MS,
  );

  it.concurrent.each([204, 500] as const)(
    'a pause reaches one of two for ever and says %s, and the run is cancelled: resumed everywhere',
    async (answer) => {
      const cluster = await rig.open();
      cluster.simulator.faults.add({ state: 'pauseReachesOnly', partitions: [1], answer });
      const handle = await cluster.start();
      await until('one partition is paused', () => cluster.phases().includes('PAUSED'));

      await handle.cancel();
      const end = await endOf(handle);

      expect(end.status).toBe('CANCELLED');
      expect(await expectSound(cluster)).toMatchObject([{ state: 'failed' }]);
    },
    TIMEOUT_MS,
  );

  itInFull(
    'a pause reaches one of two for ever: given up after five minutes, and resumed everywhere',
    async () => {
      const cluster = await rig.open();
      cluster.simulator.faults.add({ state: 'pauseReachesOnly', partitions: [1], answer: 500 });

      const end = await endOf(await cluster.start(), 400_000);

      expect(end).toMatchObject({ status: 'FAILED', code: 'PauseNotProven' });
      expect(await expectSound(cluster)).toMatchObject([{ state: 'failed' }]);
    },
    420_000,
  );

  it.concurrent(
    'the proof of a pause is denied with 403 for a moment, after the pause was carried out: it is asked again, and complete',
    async () => {
      const cluster = await rig.open();
      const held = cluster.holdOnce('POST zeebe pause', { when: 'after' });
      const handle = await cluster.start();
      await held.reached();

      const denied = cluster.simulator.faults.add({
        on: 'GET zeebe partitions',
        answer: { status: 403 },
        times: 1,
      });
      held.letGo();
      const end = await endOf(handle);

      expectComplete(end);
      expect(denied.hits()).toBe(1);
      expect(await expectSound(cluster)).toHaveLength(1);
    },
    TIMEOUT_MS,
  );

  it.concurrent(
    'the first request to pause is lost and a stranger pauses softly for 3 s: ours waits, and never goes over it (8.6)',
    async () => {
      const cluster = await rig.open({ simulator: { profile: '8.6' } });
      const held = cluster.holdOnce('POST zeebe pause', { answer: 'reset' });
      const handle = await cluster.start();
      await held.reached();

      await cluster.client.pauseExporting('soft');
      held.letGo();
      await sleep(3_000);
      const phases = cluster.phases();
      cluster.simulator.restart('zeebe'); // no partition starts over a broken file
      await cluster.client.resumeExporting();
      const end = await endOf(handle);

      expect(phases).toEqual(['SOFT_PAUSED', 'SOFT_PAUSED']);
      expectComplete(end);
      expect(await expectSound(cluster)).toHaveLength(1);
    },
    TIMEOUT_MS,
  );

  it.concurrent(
    'soft is asked and hard reported for a while: the phase counts, and the backup is complete',
    async () => {
      const cluster = await rig.open();
      const drift = cluster.simulator.faults.add({ state: 'phaseDrift', phase: 'PAUSED' });
      const handle = await cluster.start({ procedure: 'history-first' });
      await until('it is paused', () => cluster.phases().every((phase) => phase === 'PAUSED'));

      await sleep(2_000);
      const triggered = cluster.simulator.triggerCount('webapps');
      drift.remove();
      const end = await endOf(handle);

      expect(triggered).toBe(0);
      expectComplete(end);
      expect(await expectSound(cluster)).toHaveLength(1);
    },
    TIMEOUT_MS,
  );

  it.concurrent.each<Refusal>([
    { what: 'fails ten times', fault: { state: 'resumeFails', times: 10 } },
    {
      what: 'reaches one of two and says 204',
      fault: { state: 'resumeReachesOnly', partitions: [1], times: 1 },
    },
    {
      what: 'reaches one of two and says 500, five times',
      fault: { state: 'resumeReachesOnly', partitions: [2], answer: 500, times: 5 },
    },
    {
      what: 'is denied with 403 three times',
      fault: { on: 'POST zeebe resume', answer: { status: 403 }, times: 3 },
    },
  ])(
    'a resume $what: the backup is complete, and exporting runs within 6 s of the last refusal',
    async ({ fault }) => {
      const cluster = await rig.open();
      const armed = cluster.simulator.faults.add(fault);
      const handle = await cluster.start();

      await until('the last refusal', () => armed.hits() === fault.times, 90_000);
      const refusedMs = performance.now();
      await until('it runs', () => cluster.phases().every((phase) => phase === 'EXPORTING'));
      const tookMs = performance.now() - refusedMs;
      const end = await endOf(handle);

      expectComplete(end);
      // Up to 15 s of proving come first where the answer was 204 and the phase is another.
      expect(tookMs).toBeLessThan('partitions' in fault && !('answer' in fault) ? 22_000 : 6_000);
      expect(await expectSound(cluster)).toHaveLength(1);
    },
    TIMEOUT_MS,
  );

  it.concurrent(
    'a resume is refused for ever: the window stays open as resume-failed, everybody says so, and `safepoint resume` ends it',
    async () => {
      const cluster = await rig.open({ settings: { budgets: { resume: '1 s' } } });
      const refusal = cluster.simulator.faults.add({ state: 'resumeFails' });
      const handle = await cluster.start();
      await until('the alarm', () => errorsOf(cluster).length > 0);

      const alarm = await failureOf(await rig.startSentinel());
      const next = await cluster.run();
      const window = await cluster.window().query<{ exporting: string }>('getStatus');
      const config = cluster.writeConfig();
      const early = await safepoint(['resume', cluster.name], environment(config));
      refusal.remove();
      const late = await safepoint(['resume', cluster.name, '--json'], environment(config));
      const end = await endOf(handle);

      expect(alarm).toMatchObject({ type: 'ResumeFailed', message: expect.stringContaining(cluster.name) });
      expect(next).toMatchObject({ status: 'FAILED', code: 'ClusterBusy' });
      expect(next.message).toContain('cannot resume exporting: ');
      expect(window.exporting).toBe('resume-failed');
      expect(errorsOf(cluster)[0]).toMatchObject({ message: 'exporting cannot be resumed' });
      expect(early).toMatchObject({
        exitCode: expect.any(Number),
        stderr: expect.stringContaining('ResumeNotProven'),
      });
      expect(late.exitCode).toBe(0);
      expectComplete(end);
      expect(await expectSound(cluster)).toHaveLength(1);
    },
    TIMEOUT_MS,
  );

  it.concurrent(
    'a resume is denied for ever at the broker that the worker asks: `safepoint resume` by way of another one ends the window',
    async () => {
      const cluster = await rig.open({ simulator: { brokers: 2 }, settings: { budgets: { resume: '1 s' } } });
      cluster.simulator.faults.add({ on: 'POST zeebe resume', broker: 0, answer: { status: 403 } });
      const handle = await cluster.start();
      await until('the alarm', () => errorsOf(cluster).length > 0);

      const config = cluster.writeConfig({ zeebe: cluster.simulator.urls.brokers[1] });
      const { exitCode } = await safepoint(['resume', cluster.name], environment(config));
      const resumedMs = performance.now();
      const end = await endOf(handle);

      expect(exitCode).toBe(0);
      expect(performance.now() - resumedMs).toBeLessThan(10_000);
      expectComplete(end);
      expect(await expectSound(cluster)).toHaveLength(1);
    },
    TIMEOUT_MS,
  );
});

function errorsOf({ name }: RigCluster) {
  return rig.errors().filter(({ meta }) => meta.cluster === name);
}

function environment(config: string): Record<string, string> {
  return { TEMPORAL_ADDRESS: rig.server.temporal.address, SAFEPOINT_CONFIG: config };
}
