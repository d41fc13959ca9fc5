import type { Chaos } from './chaos.ts';
import type { Injected } from './inject.ts';
import type { RunRecord } from './oneRun.ts';
import type { Outage } from './processes.ts';

/** The promises: how long exporting may stay paused after a backup or window died. */
const PROMISE_MS = { workerUp: 5_000, afterOutage: 15_000 };
/** How often the sentinel of the soak looks: where both workflows died between two activities, it alone is left. */
export const SENTINEL_MS = 10_000;
/** A partition that was left out shows only when the proof of the resume has waited in vain. */
const PROOF_MS = 16_000;
const RETRY_MS = 1_000;

/**
 * How long exporting stayed paused after a workflow of the run had died by hand, and how long it may.
 *  from  the moment when the last of them was ended (cancelled or terminated), or the end of the last outage over it
 *        (no worker, no Temporal, a connection that was broken on purpose) if that is later
 *  to    the first moment at which every partition was seen exporting, looked at every 20 ms; 0 ms when none was paused
 * `undefined` where nobody ended a workflow, and where a second run paused on its own account.
 */
export function timeToResume(
  { pauses, endedMs, injected }: RunRecord,
  outages: readonly Outage[],
): { tookMs: number; promiseMs: number } | undefined {
  const struck = injected.filter(({ fromMs }) => fromMs !== null);
  const ends = struck.filter(({ chaos }) => chaos.kind === 'ended');
  if (ends.length === 0 || struck.some(({ chaos }) => chaos.kind === 'second run')) return undefined;
  const diedMs = Math.max(...ends.map(({ toMs }) => toMs));
  const pause = pauses.find(({ toMs }) => toMs > diedMs);
  if (pause === undefined) return { tookMs: 0, promiseMs: PROMISE_MS.workerUp };

  const resumedMs = Math.min(pause.toMs, endedMs);
  const broken = struck.filter(({ chaos }) => 'link' in chaos);
  const stretches = [...outages, ...broken.map(({ fromMs, toMs }) => ({ fromMs: fromMs ?? 0, toMs }))];
  // One that was over shortly before counts too: what it took along is missed only when its heartbeat fails to come.
  const over = stretches.filter(
    ({ fromMs, toMs }) => fromMs < resumedMs && toMs > diedMs - PROMISE_MS.afterOutage,
  );
  const sinceMs = Math.max(diedMs, ...over.map(({ toMs }) => Math.min(toMs, resumedMs)));
  const promiseMs =
    (over.length > 0 ? PROMISE_MS.afterOutage : PROMISE_MS.workerUp) +
    (bothDied(ends) ? SENTINEL_MS : 0) +
    struck.reduce((sum, { chaos }) => sum + delayBy(chaos), 0);
  return { tookMs: Math.round(resumedMs - sinceMs), promiseMs };
}

function bothDied(ends: readonly Injected[]): boolean {
  return ends.length > 1 || ends.some(({ chaos }) => chaos.kind === 'ended' && chaos.who === 'both');
}

/** What Camunda itself does to a resume. */
function delayBy(chaos: Chaos): number {
  if (chaos.kind === 'wire') return ((chaos.hangMs ?? 0) + RETRY_MS) * (chaos.fault.times ?? 1);
  if (chaos.kind !== 'state') return 0;
  const { state, times = 1 } = chaos.fault;
  if (state === 'resumeReachesOnly') return (PROOF_MS + RETRY_MS) * times;
  return state === 'resumeFails' ? RETRY_MS * times : 0;
}
