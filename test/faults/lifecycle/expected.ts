import type { ActName } from './acts.ts';
import type { Broken } from './brokenRuns.ts';
import type { Phase } from './phases.ts';

type Outcome = Pick<Broken, 'backup' | 'window' | 'sets'>;

/** No workflow is left, and no activity was at work: the next run resumes in its preflight, or the sentinel before that. */
export const leavesPause = (name: ActName, { at }: Phase) =>
  name.startsWith('bothTerminated') && at === 'the resume is refused';

const COMPLETE = 'COMPLETED complete';

/** The window of a run whose backup has died is cancelled by Temporal; at its resume it is not to be disturbed. */
const windowAfterBackup = ({ isResuming }: Phase) => (isResuming ? 'COMPLETED' : 'CANCELLED');
const setsOf = ({ hasSet }: Phase, end: string) => (hasSet ? [end] : []);

const cancelled = (phase: Phase): Outcome => ({
  backup: 'CANCELLED',
  window: windowAfterBackup(phase),
  sets: setsOf(phase, 'BackupCancelled'),
});
/** Nothing of the backup runs any more that could mark its set. */
const ended =
  (status: string) =>
  (phase: Phase): Outcome => ({
    backup: status,
    window: windowAfterBackup(phase),
    sets: setsOf(phase, 'unfinished'),
  });
const startedOver = (phase: Phase): Outcome => ({
  backup: COMPLETE,
  window: 'COMPLETED',
  sets: [...setsOf(phase, 'unfinished'), 'complete'],
});
const undisturbed = (): Outcome => ({ backup: COMPLETE, window: 'COMPLETED', sets: ['complete'] });
const windowLost = (window: string): Outcome => ({
  backup: 'FAILED WindowLost',
  window,
  sets: ['WindowLost'],
});
const bothTerminated = (): Outcome => ({ backup: 'TERMINATED', window: 'TERMINATED', sets: ['unfinished'] });

/** How a run and its window end when it is hit in a phase. */
export const outcomes: Partial<Record<ActName, (phase: Phase) => Outcome>> = {
  cancelled,
  terminated: ended('TERMINATED'),
  timedOut: ended('TIMED_OUT'),
  reset: startedOver,
  windowTerminated: () => windowLost('TERMINATED'),
  windowCancelled: (phase) => (phase.isResuming ? undisturbed() : windowLost('CANCELLED')),
  bothTerminated,
  bothTerminatedWindowFirst: bothTerminated,
  bothCancelled: cancelled,
  bothCancelledWindowFirst: cancelled,
  parentTerminatedCancels: cancelled,
  parentTerminatedTerminates: ended('TERMINATED'),
  parentTerminatedAbandons: undisturbed,
  parentCancelled: cancelled,
  parentTimesOutCancels: cancelled,
  parentContinuesCancels: cancelled,
  parentLeavesCancels: cancelled,
  parentLeavesTerminates: ended('TERMINATED'),
  parentLeavesAbandons: undisturbed,
};
