import { VERIFY_WORKFLOW } from '../contract/names.ts';
import type { CatalogEntry } from '../storage/catalogEntry.ts';
import { remarksOf, type ScheduleLine } from './scheduleLines.ts';
import type { ClusterStatus, StatusReport } from './statusReport.ts';

/** A run that was due has this long to be seen in the list of runs. */
const STARTS_WITHIN_MS = 120_000;

/** One sentence each, or `null`. */
type Outside = {
  window: string | null;
  store: string | null;
  copies?: string | null;
  restore?: string | null;
};

/** What is wrong with the backups of one cluster, one sentence each; empty when all is well. */
export function clusterProblems(
  status: Omit<ClusterStatus, 'problems'>,
  { window, store, copies = null, restore = null }: Outside,
  nowMs = Date.now(),
): string[] {
  const { lastGood, newest, schedules } = status;
  const problems = [window, restore, store, copies].filter((problem) => problem !== null);
  if (lastGood === null && store === null) problems.push('there is no complete set');
  if (newest !== null && isLaterFailure(newest, lastGood))
    problems.push(`the newest set, ${newest.backupId}, is ${newest.state}: ${newest.reasons.join('; ')}`);
  if (lastGood?.check?.ok === false)
    problems.push(
      `the newest complete set, ${lastGood.backupId}, was found damaged at ${lastGood.check.at}: safepoint show ${lastGood.backupId}`,
    );
  for (const line of schedules) {
    problems.push(...remarksOf(line).map((remark) => `schedule ${line.name}: ${remark}`));
    const failed = isVerification(line) ? describeVerification(line) : describeOverdue(line, status, nowMs);
    if (failed !== null && store === null) problems.push(`schedule ${line.name}: ${failed}`);
  }
  return problems;
}

/** A schedule that looks at sets, and takes none. */
export function isVerification({ schedule }: Pick<ScheduleLine, 'schedule'>): boolean {
  return schedule?.settings.runs.startsWith(`${VERIFY_WORKFLOW} `) === true;
}

function describeVerification({ lastEnd }: ScheduleLine): string | null {
  if (lastEnd === null || ['running', 'ended'].includes(lastEnd.state)) return null;
  return `the last verification ended as ${lastEnd.state}${lastEnd.problem === null ? '' : `: ${lastEnd.problem}`}`;
}

/** A run that lost the race for the window while the good set was taken says nothing of the backups. */
function isLaterFailure({ state, startedAt }: CatalogEntry, lastGood: CatalogEntry | null): boolean {
  if (state === 'unfinished') return false;
  return !(Date.parse(startedAt ?? '') < Date.parse(lastGood?.completedAt ?? ''));
}

/** Missed, skipped or failed, whatever the reason: since a run was last due there is no complete set. */
function describeOverdue(
  { schedule, lastEnd }: ScheduleLine,
  { lastGood, running }: Pick<ClusterStatus, 'lastGood' | 'running'>,
  nowMs: number,
): string | null {
  if (schedule?.lastDueAt == null) return null;
  const dueMs = Date.parse(schedule.lastDueAt);
  if (nowMs - dueMs < STARTS_WITHIN_MS || Date.parse(lastGood?.completedAt ?? '') >= dueMs) return null;
  const due = `the run that was due at ${schedule.lastDueAt.slice(0, 19)}Z`;
  const [atWork] = running;
  if (atWork !== undefined) {
    if (Date.parse(atWork.startedAt) >= dueMs - 1000) return null;
    return `${due} waits or was left out: ${atWork.workflowId} is at work since ${atWork.startedAt.slice(0, 19)}Z`;
  }
  const startedMs = Date.parse(schedule.lastRun?.startedAt ?? '');
  const why =
    startedMs >= dueMs - 1000
      ? (lastEnd?.problem ?? `its run ${schedule.lastRun?.workflowId} ended as ${lastEnd?.state}`)
      : `no run was started (${schedule.missed} missed, ${schedule.skipped} skipped since ${schedule.createdAt.slice(0, 10)})`;
  return `no complete set since ${due}: ${why}`;
}

/** What is wrong for all clusters together. */
export function generalProblems({
  unreachable,
  workers,
  sentinel,
  watched,
}: Pick<StatusReport, 'workers' | 'sentinel'> & { unreachable: string | null; watched: boolean }): string[] {
  if (unreachable !== null) return [unreachable];
  const problems: string[] = [];
  if (workers === 0)
    problems.push('no worker asks for work: start `safepoint worker`; no backup runs without one');
  if (sentinel?.state === 'failed')
    problems.push(`the sentinel at ${sentinel.startedAt.slice(0, 19)}Z: ${sentinel.problem}`);
  if (sentinel === null && watched && workers !== 0)
    problems.push('the sentinel has never run; look into the log of the worker');
  return problems;
}
