import { cancellationDetails, log } from '@temporalio/activity';
import type { CamundaClient } from '../camunda/port.ts';
import { EXPORTER_PHASES, type ResumeProof } from '../contract/exporting.ts';
import type { ResumedBy } from '../contract/pauseRecord.ts';
import type { ObjectStore } from '../storage/port.ts';
import type { OpenWindow, RunLookup } from '../system/runs.ts';
import { findOpenPause, recordResume, type OpenPause } from './pauseRecords.ts';
import { describePhases, pausedOnes, resumeAndProve, whatIsMissing } from './proveExporting.ts';

export type PauseDeps = { camunda: CamundaClient; store: ObjectStore; runs: RunLookup };

/** What stands with the exporting of a cluster, and who answers for it. */
export type PauseState =
  | { kind: 'exporting' }
  /** A window is open: it resumes, or its backup does. */
  | { kind: 'window'; window: OpenWindow }
  /** Paused by a set whose run still lives: the run resumes. */
  | { kind: 'in-flight'; pause: OpenPause; seen: string }
  /** Paused by a set whose run is over: nobody resumes unless we do. */
  | { kind: 'abandoned'; pause: OpenPause; seen: string }
  /** Paused by a set of ours whose run Temporal does not know (any more), so that it might live elsewhere. */
  | { kind: 'unknown-run'; pause: OpenPause; seen: string }
  | { kind: 'foreign'; seen: string };

/**
 * Looks at exporting first and at the windows after it: a pause that was seen belongs to a window that was open then, so with
 * none open now it is left over. `self` is a run that asks about itself; its earlier sets count as over.
 */
export async function lookAtPause(
  { camunda, store, runs }: PauseDeps,
  cluster: string,
  { self, signal }: { self?: string; signal?: AbortSignal } = {},
): Promise<PauseState> {
  const paused = pausedOnes(await camunda.readExporters({ signal }));
  if (paused.length === 0) return { kind: 'exporting' };
  const seen = describePhases(paused);
  const window = await runs.findOpenWindow(cluster);
  if (window !== null) return { kind: 'window', window };
  const pause = await findOpenPause(store, cluster, { signal });
  if (pause === null) return { kind: 'foreign', seen };
  if (pause.run.runId === self) return { kind: 'abandoned', pause, seen };
  switch (await runs.readRunState(pause.run)) {
    case 'running':
      return { kind: 'in-flight', pause, seen };
    case 'closed':
      return { kind: 'abandoned', pause, seen };
    case 'unknown':
      return { kind: 'unknown-run', pause, seen };
  }
}

/** Resumes exporting of a pause that a set of ours left. Fails with `ResumeNotProven`. */
export async function liftPause(
  { camunda, store }: PauseDeps,
  cluster: string,
  pause: OpenPause,
  by: ResumedBy,
): Promise<ResumeProof> {
  const proof = await resumeAndProve(camunda, cluster);
  await recordResume(store, { cluster, backupId: pause.backupId }, by);
  return proof;
}

/** Closes the record of a pause where exporting is seen to run everywhere, so that a later pause is not taken for it. */
export async function closeOpenPause(
  { camunda, store, runs }: PauseDeps,
  cluster: string,
  by: ResumedBy,
): Promise<void> {
  const pause = await findOpenPause(store, cluster, {});
  if (pause === null || (await runs.findOpenWindow(cluster)) !== null) return;
  if ((await runs.readRunState(pause.run)) === 'running') return;
  const { partitionCount } = await camunda.readTopology();
  const readings = await camunda.readExporters();
  if (whatIsMissing(readings, EXPORTER_PHASES.running, partitionCount) !== null) return;
  await recordResume(store, { cluster, backupId: pause.backupId }, by);
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
      const lifted = await liftAbandoned(deps, cluster, 'activity').catch(() => null);
      if (lifted !== null) log.warn('resumed exporting that a terminated run left paused', { cluster });
    }
    throw error;
  }
}

/** `null` when there is nothing that is ours to lift. */
export async function liftAbandoned(
  deps: PauseDeps,
  cluster: string,
  by: ResumedBy,
  self?: string,
): Promise<OpenPause | null> {
  const state = await lookAtPause(deps, cluster, self === undefined ? {} : { self });
  if (state.kind !== 'abandoned') return null;
  await liftPause(deps, cluster, state.pause, by);
  return state.pause;
}
