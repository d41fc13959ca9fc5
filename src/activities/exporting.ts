import { activityInfo, cancellationDetails, cancellationSignal, log } from '@temporalio/activity';
import type { CamundaClient } from '../camunda/port.ts';
import type { BackupPlan, WindowInput } from '../contract/backup.ts';
import { SafepointError } from '../contract/errors.ts';
import { EXPORTER_PHASES, type PauseProof, type ResumeProof } from '../contract/exporting.ts';
import type { ResumedBy } from '../contract/pauseRecord.ts';
import type { ObjectStore } from '../storage/port.ts';
import type { RunLookup } from '../system/runs.ts';
import { delayedAbort } from '../system/waiting.ts';
import type { ActivityDeps } from './deps.ts';
import { countResumeFailure } from './exportingMetrics.ts';
import { withHeartbeats } from './heartbeats.ts';
import { readSetPause, recordPause, recordResume } from './pauseRecords.ts';
import { describePhases, pausedOnes, provePhase, resumeAndProve } from './proveExporting.ts';

/** How long a pause that is called off may still take to be answered. */
const PAUSE_ANSWER_MS = 3_000;

/** Runs that began with 0.1.0 give the cluster only. */
export type ResumeInput = { cluster: string; backupId?: string; by?: ResumedBy; alarmMs?: number };

export function createExportingActivities({ config, camunda, store }: ActivityDeps, runs: RunLookup) {
  return {
    /**
     * Pauses exporting and proves it on every partition. Idempotent: the same pause twice is a no-op. The pause never goes
     * over somebody else's: a hard pause over a soft one destroys the pause file, and the partition no longer starts
     * (camunda#55838). Fails with `ForeignPause` or `WindowClosed`, having touched nothing, or with `PauseNotProven`.
     */
    async pauseExporting(input: WindowInput): Promise<PauseProof> {
      const { cluster } = input.plan;
      const deps = { camunda: camunda(cluster), store: store(input.plan.store), runs };
      return await withHeartbeats((report) => {
        report({ progress: `asking for ${EXPORTER_PHASES[input.plan.pause]}` });
        return pauseAndProve(deps, input);
      });
    },

    /**
     * Resumes exporting and proves it on every partition. Idempotent, and every error is one that is tried again: giving
     * up would leave the exporters paused. Fails with `ResumeNotProven`, after `alarmMs` of trying with `ResumeFailed`.
     */
    async resumeExporting({ cluster, backupId, by, alarmMs }: ResumeInput): Promise<ResumeProof> {
      const signal = cancellationSignal();
      try {
        const proof = await withHeartbeats(() => resumeAndProve(camunda(cluster), cluster, signal));
        const storeName = config.clusters[cluster]?.store;
        if (backupId !== undefined && storeName !== undefined)
          await recordResume(store(storeName), { cluster, backupId }, by ?? 'window');
        return proof;
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        countResumeFailure(cluster);
        throw notResumed(cluster, error, alarmMs ?? Infinity);
      }
    },
  };
}

type PauseDeps = { camunda: CamundaClient; store: ObjectStore; runs: RunLookup };

async function pauseAndProve(
  { camunda, store, runs }: PauseDeps,
  { plan, set: { backupId } }: WindowInput,
): Promise<PauseProof> {
  const signal = cancellationSignal();
  const wanted = EXPORTER_PHASES[plan.pause];
  const { partitionCount } = await camunda.readTopology({ signal });
  await claimPause(camunda, store, plan, backupId);
  signal.throwIfAborted();
  try {
    // A request that is broken off may still be carried out, later than the resume: its answer is worth a short wait.
    await camunda.pauseExporting(plan.pause, { signal: delayedAbort(signal, PAUSE_ANSWER_MS) });
    const pausedAt = new Date().toISOString();
    const { readings, missing } = await provePhase(camunda, wanted, partitionCount, signal);
    if (missing === null) return { mode: plan.pause, pausedAt, readings };
    throw new SafepointError(
      'PauseNotProven',
      `exporting of ${plan.cluster} is not ${wanted} everywhere: ${missing}`,
    );
  } catch (error) {
    // The window is gone, and whoever resumed in its place may have done so before this pause landed: take it back.
    if (cancellationDetails()?.notFound === true && (await runs.findOpenWindow(plan.cluster)) === null) {
      await resumeAndProve(camunda, plan.cluster);
      await recordResume(store, { cluster: plan.cluster, backupId }, 'activity');
    }
    throw error;
  }
}

/** From the record on, what is paused is ours: by an attempt whose answer was lost, or by a run that was reset. */
async function claimPause(
  client: CamundaClient,
  store: ObjectStore,
  plan: BackupPlan,
  backupId: string,
): Promise<void> {
  const call = { signal: cancellationSignal() };
  const state = await readSetPause(store, { cluster: plan.cluster, backupId }, call);
  if (state === 'paused') return;
  if (state === 'resumed') {
    throw new SafepointError(
      'WindowClosed',
      `the window of set ${backupId} of ${plan.cluster} was closed and exporting resumed; start a new run`,
    );
  }
  const paused = pausedOnes(await client.readExporters(call));
  if (paused.length > 0) {
    throw new SafepointError(
      'ForeignPause',
      `${describePhases(paused)} already, and not by this run; a pause over it could keep it from starting (camunda#55838)`,
    );
  }
  await recordPause(store, plan, backupId, call);
}

/** The time of trying is the server's, from the first attempt to this one: the clocks of workers may differ. */
function notResumed(cluster: string, error: unknown, alarmMs: number): SafepointError {
  const { scheduledTimestampMs, currentAttemptScheduledTimestampMs } = activityInfo();
  const triedForMs = currentAttemptScheduledTimestampMs - scheduledTimestampMs;
  const seen = error instanceof Error ? error.message : String(error);
  if (triedForMs >= alarmMs) {
    log.error('exporting cannot be resumed', { cluster, seen, triedForMs });
    const message = `exporting of ${cluster} could not be resumed for ${Math.round(triedForMs / 1000)} s: ${seen}; repair it, then run \`safepoint resume ${cluster}\``;
    return new SafepointError('ResumeFailed', message, { cause: error });
  }
  if (error instanceof SafepointError && error.code === 'ResumeNotProven') return error;
  const message = `exporting of ${cluster} could not be resumed yet: ${seen}`;
  return new SafepointError('ResumeNotProven', message, { cause: error });
}
