import { cancellationDetails, log } from '@temporalio/activity';
import type { CamundaClient } from '../camunda/port.ts';
import { EXPORTER_PHASES } from '../contract/exporting.ts';
import type { ResumedBy } from '../contract/pauseRecord.ts';
import type { ObjectStore } from '../storage/port.ts';
import { messageOf } from '../system/redact.ts';
import type { OpenWindow, RunLookup, RunRef } from '../system/runs.ts';
import { pause as wait } from '../system/waiting.ts';
import { findOpenPauses, recordResume, type OpenPause } from './pauseRecords.ts';
import { describePhases, pausedOnes, resumeAndProve, whatIsMissing } from './proveExporting.ts';

export type PauseDeps = { camunda: CamundaClient; store: ObjectStore; runs: RunLookup };

/** What stands with the exporting of a cluster, and who answers for it. */
export type PauseState =
  | { kind: 'exporting' }
  /** A window is open: it resumes, or its backup does. */
  | { kind: 'window'; window: OpenWindow }
  /** Paused, and a set whose run still lives may have done it: the run resumes. */
  | { kind: 'in-flight'; pause: OpenPause; seen: string }
  /** Paused, perhaps by a set whose run is over: nobody resumes unless we do. */
  | { kind: 'abandoned'; pause: OpenPause; seen: string }
  /** Paused, perhaps by a set of ours whose run Temporal does not know (any more), so that it might live elsewhere. */
  | { kind: 'unknown-run'; pause: OpenPause; seen: string }
  | { kind: 'foreign'; seen: string }
  /** Paused, no window is open, and the store does not say by whom. */
  | { kind: 'unread'; seen: string; problem: string };

/**
 * A record of a pause is closed only this long after it was written, longer than any request to pause may be on its way
 * (newer builds hold one for a minute). A pause that lands until then is known as ours.
 */
const QUIET_MS = 15 * 60_000;

/**
 * Looks at exporting first and at the windows after it: a pause that was seen belongs to a window that was open then, so with
 * none open now it is left over. `self` is a run that asks about itself; its earlier sets count as over.
 */
export async function lookAtPause(
  deps: PauseDeps,
  cluster: string,
  options: { self?: RunRef; signal?: AbortSignal } = {},
): Promise<PauseState> {
  for (let looks = 1; ; looks += 1) {
    const state = await lookOnce(deps, cluster, options);
    if (!DOUBTFUL.includes(state.kind) || looks === MOST_LOOKS) return state;
    await wait(LOOK_AGAIN_MS, options.signal);
  }
}

/** A window may have closed between two questions, a store may not answer for a moment: nobody is accused at the first look. */
const DOUBTFUL: PauseState['kind'][] = ['foreign', 'unknown-run', 'unread'];
const MOST_LOOKS = 3;
const LOOK_AGAIN_MS = 1_000;

async function lookOnce(
  { camunda, store, runs }: PauseDeps,
  cluster: string,
  { self, signal }: { self?: RunRef; signal?: AbortSignal },
): Promise<PauseState> {
  const paused = pausedOnes(await camunda.readExporters({ signal }));
  if (paused.length === 0) return { kind: 'exporting' };
  const seen = describePhases(paused);
  const window = await runs.findOpenWindow(cluster);
  if (window !== null) return { kind: 'window', window };
  let pauses: OpenPause[];
  try {
    pauses = await findOpenPauses(store, cluster, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    return { kind: 'unread', seen, problem: messageOf(error) };
  }
  const states = await Promise.all(
    pauses.map(async (pause) => ({ pause, run: await readRunState(runs, pause.run, self) })),
  );
  const first = (run: RunState) => states.find((state) => state.run === run)?.pause;
  const [running, closed, unknown] = [first('running'), first('closed'), first('unknown')];
  if (running !== undefined) return { kind: 'in-flight', pause: running, seen };
  if (closed !== undefined) return { kind: 'abandoned', pause: closed, seen };
  if (unknown !== undefined) return { kind: 'unknown-run', pause: unknown, seen };
  return { kind: 'foreign', seen };
}

type RunState = Awaited<ReturnType<RunLookup['readRunState']>>;

/** Of `self`, the run that asks, all that came before is over: its earlier sets, and itself before it was reset. */
export async function readRunState(runs: RunLookup, run: RunRef, self?: RunRef): Promise<RunState> {
  if (self !== undefined && run.runId === self.runId) return 'closed';
  const state = await runs.readRunState(run);
  return state === 'running' && run.workflowId === self?.workflowId ? 'closed' : state;
}

/**
 * Resumes exporting that a set of ours left paused, unless a window was opened meanwhile. Its record stays open: the sentinel
 * closes it when nothing can land any more. Fails with `ResumeNotProven`.
 */
export async function liftPause({ camunda, runs }: PauseDeps, cluster: string): Promise<boolean> {
  if ((await runs.findOpenWindow(cluster)) !== null) return false;
  await resumeAndProve(camunda, cluster);
  return true;
}

/** The set that may have left the pause that was lifted; `null` when there was nothing that is ours to lift. */
export async function liftAbandoned(
  deps: PauseDeps,
  cluster: string,
  self?: RunRef,
): Promise<OpenPause | null> {
  const state = await lookAtPause(deps, cluster, self === undefined ? {} : { self });
  if (state.kind !== 'abandoned') return null;
  return (await liftPause(deps, cluster)) ? state.pause : null;
}

/**
 * Closes the records of dead sets where exporting is seen to run everywhere and long enough has passed, so that a later pause
 * of somebody else is not taken for theirs.
 */
export async function closeOldPauses(
  { camunda, store, runs }: PauseDeps,
  cluster: string,
  by: ResumedBy,
): Promise<void> {
  const old = (await findOpenPauses(store, cluster, {})).filter(
    ({ claimedAt }) => claimedAt === null || Date.parse(claimedAt) < Date.now() - QUIET_MS,
  );
  if (old.length === 0 || (await runs.findOpenWindow(cluster)) !== null) return;
  const { partitionCount } = await camunda.readTopology();
  const readings = await camunda.readExporters();
  if (whatIsMissing(readings, EXPORTER_PHASES.running, partitionCount) !== null) return;
  for (const { backupId, run } of old) {
    if ((await runs.readRunState(run)) === 'running') continue;
    await recordResume(store, { cluster, backupId }, by);
  }
}

/**
 * Does the work of an activity of the window. When it learns that its workflow is gone (both workflows were terminated at
 * once, and no clean-up of theirs runs) it resumes exporting as the last one that is left; the sentinel would do it minutes later.
 */
export async function liftWhenAbandoned<T>(
  deps: PauseDeps,
  cluster: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (cancellationDetails()?.notFound === true) {
      const lifted = await liftAbandoned(deps, cluster).catch(() => null);
      if (lifted !== null) log.warn('resumed exporting that a terminated run left paused', { cluster });
    }
    throw error;
  }
}
