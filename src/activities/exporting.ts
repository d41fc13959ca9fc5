import { ApplicationFailure } from '@temporalio/common';
import { activityInfo, cancellationDetails, cancellationSignal, log } from '@temporalio/activity';
import type { CamundaClient } from '../camunda/port.ts';
import type { BackupPlan, WindowInput } from '../contract/backup.ts';
import { SafepointError } from '../contract/errors.ts';
import { EXPORTER_PHASES, type PauseProof, type ResumeProof } from '../contract/exporting.ts';
import type { ObjectStore } from '../storage/port.ts';
import { messageOf } from '../system/redact.ts';
import type { RunLookup } from '../system/runs.ts';
import { delayedAbort } from '../system/waiting.ts';
import type { ActivityDeps } from './deps.ts';
import { withHeartbeats } from './heartbeats.ts';
import { findOpenPauses, readIntentRun, readSetPause, recordPause, recordResume } from './pauseRecords.ts';
import { requireSettings } from './stores.ts';
import { describePhases, pausedOnes, provePhase, resumeAndProve } from './proveExporting.ts';

/** How long a pause that is called off may still take to be answered. */
const PAUSE_ANSWER_MS = 2_000;

/** Runs that began with 0.1.0 give the cluster only. */
export type ResumeInput = {
  cluster: string;
  backupId?: string;
  /** Default `window`. A backup stands in for its window, and not for that of another run. */
  by?: 'window' | 'backup';
  /** The one request to pause was answered and proven, so none can land any more. */
  pauseIsOver?: boolean;
  /** The window has proven its pause: exporting is resumed whatever the store says. */
  isPaused?: boolean;
  /** Refused for longer than this is an alarm; milliseconds. */
  alarmMs?: number;
};

export function createExportingActivities(
  { config, camunda, store, metrics }: ActivityDeps,
  runs: RunLookup,
) {
  return {
    /**
     * Pauses exporting and proves it on every partition. Idempotent: the same pause twice is a no-op. The pause never goes
     * over somebody else's: a hard pause over a soft one destroys the pause file, and the partition no longer starts
     * (camunda#55838). Fails with `ForeignPause` or `WindowClosed`, having touched nothing, or with `PauseNotProven`.
     */
    async pauseExporting(input: WindowInput): Promise<PauseProof> {
      const { cluster } = input.plan;
      requireSettings(config, cluster);
      const deps = { camunda: camunda(cluster), store: store(input.plan.store), runs };
      try {
        return await withHeartbeats((report) => {
          report({ progress: `asking for ${EXPORTER_PHASES[input.plan.pause]}` });
          return pauseAndProve(deps, input);
        });
      } catch (error) {
        throw deniedLate(error);
      }
    },

    /**
     * Resumes exporting and proves it on every partition. Idempotent, and every error is one that is tried again: giving
     * up would leave the exporters paused. Nothing is resumed where the set has no pause that could stand.
     * Fails with `ResumeNotProven`, after `alarmMs` of trying with `ResumeFailed`.
     */
    async resumeExporting(input: ResumeInput): Promise<ResumeProof> {
      const signal = cancellationSignal();
      try {
        return await withHeartbeats(() => resumeForSet(input, signal));
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        metrics.add('safepoint_resume_failures', { cluster: input.cluster }, 1);
        throw notResumed(input.cluster, error, input.alarmMs ?? Infinity);
      }
    },
  };

  async function resumeForSet(input: ResumeInput, signal: AbortSignal): Promise<ResumeProof> {
    const { cluster, backupId, by = 'window', pauseIsOver = false, isPaused = pauseIsOver } = input;
    const client = camunda(cluster);
    const storeName = config.clusters[cluster]?.store;
    if (backupId === undefined || storeName === undefined)
      return await resumeAndProve(client, cluster, signal);

    const set = { cluster, backupId };
    // A store that does not answer is no reason to leave exporting paused.
    const state = await readSetPause(store(storeName), set, { signal }).catch(() => 'paused');
    const mayStand = isPaused || state === 'paused';
    if (!mayStand || (by === 'backup' && (await isOthersWindow(cluster))))
      return { resumedAt: new Date().toISOString(), readings: await client.readExporters({ signal }) };
    const proof = await resumeAndProve(client, cluster, signal);
    if (pauseIsOver) await recordResume(store(storeName), set, 'window');
    return proof;
  }

  /** Then that window answers for exporting, and has seen it run before it paused. */
  async function isOthersWindow(cluster: string): Promise<boolean> {
    const window = await runs.findOpenWindow(cluster);
    return window !== null && window.holder?.runId !== activityInfo().workflowExecution?.runId;
  }
}

type PauseDeps = { camunda: CamundaClient; store: ObjectStore; runs: RunLookup };

async function pauseAndProve(
  { camunda, store, runs }: PauseDeps,
  { plan, set: { backupId } }: WindowInput,
): Promise<PauseProof> {
  const signal = cancellationSignal();
  const wanted = EXPORTER_PHASES[plan.pause];
  const { partitionCount } = await camunda.readTopology({ signal });
  await claimPause({ camunda, store, runs }, plan, backupId);
  signal.throwIfAborted();
  try {
    // A request that is broken off may still be carried out, later than the resume: its answer is worth a short wait.
    await camunda.pauseExporting(plan.pause, { signal: delayedAbort(signal, PAUSE_ANSWER_MS) });
    const pausedAt = new Date().toISOString();
    const { readings, missing } = await provePhase(camunda, wanted, partitionCount, signal).catch(notProven);
    const mayLandLate = activityInfo().attempt > 1;
    if (missing !== null)
      throw new SafepointError(
        'PauseNotProven',
        `exporting of ${plan.cluster} is not ${wanted} everywhere: ${missing}`,
      );
    // Asked after the pause has landed: a window that dies later is resumed for by `backup` later still.
    if (await isOwnWindowClosed(runs))
      throw new SafepointError('WindowClosed', `the window of ${plan.cluster} is gone`);
    return { mode: plan.pause, pausedAt, readings, mayLandLate };
  } catch (error) {
    // The window is gone, and whoever resumed in its place may have done so before this pause landed: take it back.
    const isGone =
      cancellationDetails()?.notFound === true ||
      (error instanceof SafepointError && error.code === 'WindowClosed');
    if (isGone && (await runs.findOpenWindow(plan.cluster)) === null)
      await resumeAndProve(camunda, plan.cluster);
    throw error;
  }
}

/** Heartbeats tell it too, but only once a second: a pause may land, be proven and be reported before that. */
async function isOwnWindowClosed(runs: RunLookup): Promise<boolean> {
  const { workflowExecution } = activityInfo();
  return workflowExecution !== undefined && (await runs.readRunState(workflowExecution)) === 'closed';
}

/** The pause was answered well, so being denied the proof does not mean that nothing was paused. */
function notProven(error: unknown): never {
  if (!(error instanceof SafepointError && error.code === 'AccessDenied')) throw error;
  throw new SafepointError('PauseNotProven', error.message, { cause: error });
}

/**
 * Whoever is denied access has touched nothing, and the window does not resume. Not so where an earlier attempt may have
 * paused, whose answer was lost.
 */
function deniedLate(error: unknown): unknown {
  const isDenied = error instanceof SafepointError && error.code === 'AccessDenied';
  if (!isDenied || activityInfo().attempt === 1) return error;
  const { message } = error;
  return ApplicationFailure.create({ type: 'PauseNotProven', message, nonRetryable: true });
}

/** From the record on, what is paused is ours: by an attempt whose answer was lost, or by a run that was reset. */
async function claimPause(
  { camunda, store, runs }: PauseDeps,
  plan: BackupPlan,
  backupId: string,
): Promise<void> {
  const call = { signal: cancellationSignal() };
  const { cluster } = plan;
  const state = await readSetPause(store, { cluster, backupId }, call);
  if (state === 'paused') {
    await refuseHardOverSoft(camunda, plan, call);
    return;
  }
  if (state === 'resumed') {
    throw new SafepointError(
      'WindowClosed',
      `the window of set ${backupId} of ${cluster} was closed and exporting resumed; start a new run`,
    );
  }
  const paused = pausedOnes(await camunda.readExporters(call));
  if (paused.length > 0) {
    throw new SafepointError(
      'ForeignPause',
      `${describePhases(paused)} already, and not by this run; a pause over it could keep it from starting (camunda#55838)`,
    );
  }
  await refuseWhileOthersResume({ camunda, store, runs }, cluster, backupId);
  await recordPause(store, plan, backupId, call);
}

/**
 * In a later attempt our own pause may stand already; a soft one that came meanwhile is a stranger's. It is waited for as long
 * as this step may take: ours must not go over it.
 */
async function refuseHardOverSoft(
  camunda: CamundaClient,
  plan: BackupPlan,
  call: { signal: AbortSignal },
): Promise<void> {
  if (plan.pause !== 'hard') return;
  const paused = pausedOnes(await camunda.readExporters(call));
  const soft = paused.filter(({ phase }) => phase === EXPORTER_PHASES.soft);
  if (soft.length === 0) return;
  throw new SafepointError(
    'PauseNotProven',
    `${describePhases(soft)}, and not by this run; a hard pause over it could keep it from starting (camunda#55838)`,
  );
}

/** A run whose window is gone may still be at its resume, which would hit our pause. */
async function refuseWhileOthersResume(
  { store, runs }: PauseDeps,
  cluster: string,
  backupId: string,
): Promise<void> {
  const call = { signal: cancellationSignal() };
  const own = await readIntentRun(store, { cluster, backupId }, call);
  for (const { run, backupId: other } of await findOpenPauses(store, cluster, call)) {
    const isOwn = run.workflowId !== '' && run.workflowId === own.workflowId; // by another run id if it was reset
    if (isOwn || (await runs.readRunState(run)) !== 'running') continue;
    throw new SafepointError(
      'ClusterBusy',
      `set ${other} of run ${run.workflowId} may still have exporting of ${cluster} paused; wait until that run is over`,
    );
  }
}

/** The time of trying is the server's, from the first attempt to this one: the clocks of workers may differ. */
function notResumed(cluster: string, error: unknown, alarmMs: number): SafepointError {
  const { scheduledTimestampMs, currentAttemptScheduledTimestampMs } = activityInfo();
  const triedForMs = currentAttemptScheduledTimestampMs - scheduledTimestampMs;
  const seen = messageOf(error);
  if (triedForMs >= alarmMs) {
    log.error('exporting cannot be resumed', { cluster, seen, triedForMs });
    const message = `exporting of ${cluster} could not be resumed for ${Math.round(triedForMs / 1000)} s: ${seen}; repair it, then run \`safepoint resume ${cluster}\``;
    return new SafepointError('ResumeFailed', message, { cause: error });
  }
  if (error instanceof SafepointError && error.code === 'ResumeNotProven') return error;
  const message = `exporting of ${cluster} could not be resumed yet: ${seen}`;
  return new SafepointError('ResumeNotProven', message, { cause: error });
}
