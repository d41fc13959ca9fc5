import type { RetentionPlan, RetentionPolicy, RotatedSet, SetDecision } from '../contract/retention.ts';
import { compareIds } from './backupId.ts';
import { PERIODS, periodOf } from './periods.ts';

/** Clocks of workers differ by less; a set from further in the future means that a clock went backwards. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;

/** What keeps each set, by its id. */
type Reasons = Map<string, string[]>;

/**
 * Decides which sets of a cluster stay. Rules are OR-ed: a set stays as long as anything keeps it, and each decision says all
 * that does. Only whole backups count for the rules; never fewer than `minComplete` of them stay. Nothing is decided by guess:
 * what cannot be read, what somebody works with, and what has no known time stays.
 */
export function planRetention(
  cluster: string,
  sets: readonly RotatedSet[],
  policy: RetentionPolicy,
  { nowMs, force = false }: { nowMs: number; force?: boolean },
): RetentionPlan {
  const newestFirst = sets.toSorted((left, right) => compareIds(right.backupId, left.backupId));
  const kept: Reasons = new Map(newestFirst.map(({ backupId }) => [backupId, []]));
  const keep = ({ backupId }: RotatedSet, reason: string) => kept.get(backupId)?.push(reason);

  protect(newestFirst, policy, nowMs, keep);
  keepByRules(newestFirst, policy, nowMs, keep);
  keepOthers(newestFirst, policy, nowMs, keep);
  keepMinimum(newestFirst, policy, kept, keep);
  keepProven(newestFirst, keep); // after the minimum: it comes on top

  const decisions = newestFirst.map((set) => decide(set, kept.get(set.backupId) ?? []));
  return { cluster, decisions, refused: refuse(newestFirst, decisions, policy, nowMs, force) };
}

type Keep = (set: RotatedSet, reason: string) => void;

/** What no policy may touch. */
function protect(sets: readonly RotatedSet[], policy: RetentionPolicy, nowMs: number, keep: Keep): void {
  for (const set of sets) {
    if (set.held) keep(set, 'held by hand');
    if (set.inUse !== null) keep(set, set.inUse);
    if (set.state === 'deleting') continue;
    if (set.state === 'unreadable') keep(set, 'its manifest cannot be read, and nothing is deleted by guess');
    const endedMs = set.endedMs ?? set.startedMs;
    if (endedMs === null) keep(set, 'nothing says how old it is, and nothing is deleted by guess');
    else if (nowMs - endedMs < policy.minAgeMs) keep(set, 'younger than minAge');
  }
  const [newest] = sets;
  if (newest !== undefined && newest.state !== 'deleting')
    keep(newest, 'the newest one: it shows which id was taken last');
}

function keepByRules(sets: readonly RotatedSet[], policy: RetentionPolicy, nowMs: number, keep: Keep): void {
  const whole = sets.filter(isWhole);
  whole.slice(0, policy.keepLast).forEach((set, at) => {
    keep(set, `keepLast: ${at + 1} of ${policy.keepLast}`);
  });
  for (const set of whole)
    if (isWithin(set, policy.keepWithinMs, nowMs)) keep(set, 'keepWithin: young enough');
  for (const period of PERIODS) {
    const seen = new Set<string>();
    for (const set of whole) {
      if (set.startedMs === null) continue;
      const stretch = periodOf(period, set.startedMs, policy.timezone);
      if (seen.has(stretch) || seen.size === policy[period]) continue;
      seen.add(stretch);
      keep(set, `${period}: the newest of ${stretch}, ${seen.size} of ${policy[period]}`);
    }
  }
}

/** Sets that are no whole backup have rules of their own; a partial one is better than none. */
function keepOthers(sets: readonly RotatedSet[], policy: RetentionPolicy, nowMs: number, keep: Keep): void {
  const others = sets.filter((set) => set.state !== 'deleting' && !isWhole(set));
  others.slice(0, policy.failed.keepLast).forEach((set, at) => {
    keep(set, `failed.keepLast: ${at + 1} of ${policy.failed.keepLast}`);
  });
  for (const set of others)
    if (isWithin(set, policy.failed.keepWithinMs, nowMs)) keep(set, 'failed.keepWithin: young enough');
  const whole = sets.filter(isWhole);
  for (const set of others.filter(isUsable)) {
    const isNewer = whole.every(({ backupId }) => compareIds(backupId, set.backupId) < 0);
    if (isNewer) keep(set, 'usable, and newer than every complete set');
    if (whole.length < policy.minComplete)
      keep(set, 'usable, and there are fewer than minComplete complete sets');
  }
}

function keepMinimum(
  sets: readonly RotatedSet[],
  { minComplete }: RetentionPolicy,
  kept: Reasons,
  keep: Keep,
): void {
  const whole = sets.filter(isWhole);
  const isKept = ({ backupId }: RotatedSet) => (kept.get(backupId) ?? []).length > 0;
  const missing = minComplete - whole.filter((set) => set.opened && isKept(set)).length;
  const more = whole.filter((set) => !isKept(set)).slice(0, Math.max(0, missing));
  for (const set of more)
    keep(set, `minComplete: never fewer than ${minComplete} complete and verified sets`);
}

/** The newest of which a restore is known to work; all others are hope. One that was damaged since is none. */
function keepProven(newestFirst: readonly RotatedSet[], keep: Keep): void {
  const proven = newestFirst.find((set) => isWhole(set) && set.provenMs !== null);
  if (proven !== undefined) keep(proven, 'the last one that is proven restorable');
}

function decide({ backupId, state, startedMs }: RotatedSet, reasons: string[]): SetDecision {
  const startedAt = startedMs === null ? null : new Date(startedMs).toISOString();
  if (reasons.length > 0) return { backupId, state, startedAt, action: 'keep', reasons };
  const why = state === 'deleting' ? 'its deletion has begun and goes on' : 'no rule keeps it';
  return { backupId, state, startedAt, action: 'delete', reasons: [why] };
}

function refuse(
  sets: readonly RotatedSet[],
  decisions: readonly SetDecision[],
  policy: RetentionPolicy,
  nowMs: number,
  force: boolean,
): string | null {
  const rules = [policy.keepLast, policy.keepWithinMs, ...PERIODS.map((period) => policy[period])];
  if (rules.every((rule) => rule === 0))
    return 'the policy has no rule that keeps anything; give keepLast, keepWithin, hourly, daily, weekly, monthly or yearly';
  const newestMs = Math.max(...sets.map((set) => set.endedMs ?? set.startedMs ?? 0));
  if (newestMs - nowMs > CLOCK_TOLERANCE_MS) {
    const [set, now] = [newestMs, nowMs].map((ms) => new Date(ms).toISOString());
    return `a set is from ${set} and it is ${now} here: a clock went backwards or ahead; correct it first`;
  }
  const fresh = decisions.filter(({ action, state }) => action === 'delete' && state !== 'deleting').length;
  const most = Math.max(1, Math.floor(policy.maxShare * decisions.length));
  if (fresh > most && !force)
    return `${fresh} of ${decisions.length} sets would go at once, and maxShare allows ${most}; look whether the policy is meant, then give --force`;
  return null;
}

/** A backup that a restore can rely on: what counts for every rule and for `minComplete`. */
function isWhole({ state, verified }: RotatedSet): boolean {
  return state === 'complete' && verified;
}

function isUsable({ state }: RotatedSet): boolean {
  return state === 'complete' || state === 'partial';
}

function isWithin({ startedMs }: RotatedSet, spanMs: number, nowMs: number): boolean {
  return startedMs !== null && nowMs - startedMs < spanMs;
}
