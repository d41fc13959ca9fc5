import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import type { CamundaClient } from '../camunda/port.ts';
import type { BackupPlan } from '../contract/backup.ts';
import { SafepointError } from '../contract/errors.ts';
import {
  EXPORTER_PHASES,
  type ExporterReading,
  type PauseProof,
  type ResumeProof,
} from '../contract/exporting.ts';
import { pause as wait, stopwatch } from '../system/waiting.ts';
import type { ActivityDeps } from './deps.ts';
import { withHeartbeats } from './heartbeats.ts';

/** How long a phase may take to show after the answer; the leaders apply it one after the other. */
const PROOF_DEADLINE_MS = 15_000;
const POLL_MS = 100;

export function createExportingActivities({ camunda }: ActivityDeps) {
  return {
    /**
     * Pauses exporting and proves it on every partition. Idempotent: the same pause twice is a no-op. The pause never goes
     * over somebody else's: a hard pause over a soft one destroys the pause file, and the partition no longer starts
     * (camunda#55838). Fails with `ForeignPause`, having touched nothing, or with `PauseNotProven`.
     */
    async pauseExporting(plan: BackupPlan): Promise<PauseProof> {
      return await withHeartbeats((report) => pauseAndProve(camunda(plan.cluster), plan, report));
    },

    /**
     * Resumes exporting and proves it on every partition. Idempotent, and every error is one that is tried again: giving
     * up would leave the exporters paused. Fails with `ResumeNotProven`.
     */
    async resumeExporting({ cluster }: { cluster: string }): Promise<ResumeProof> {
      const signal = cancellationSignal();
      try {
        return await withHeartbeats(() => resumeAndProve(camunda(cluster), cluster, signal));
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (error instanceof SafepointError && error.code === 'ResumeNotProven') throw error;
        const seen = error instanceof Error ? error.message : String(error);
        throw new SafepointError(
          'ResumeNotProven',
          `exporting of ${cluster} could not be resumed yet: ${seen}`,
          {
            cause: error,
          },
        );
      }
    },
  };
}

type Report = (details: PauseMemory) => void;

/** `sent`: a pause may have reached partitions, so what is paused is ours. */
type PauseMemory = { progress: string; sent: boolean };

async function pauseAndProve(client: CamundaClient, plan: BackupPlan, report: Report): Promise<PauseProof> {
  const signal = cancellationSignal();
  const wanted = EXPORTER_PHASES[plan.pause];
  const { partitionCount } = await client.readTopology({ signal });
  if (!sentBefore()) refuseForeignPause(await client.readExporters({ signal }));
  signal.throwIfAborted();
  const memory: PauseMemory = { progress: `asking for ${wanted}`, sent: true };
  report(memory);
  heartbeat(memory);
  try {
    await client.pauseExporting(plan.pause, { signal });
    const pausedAt = new Date().toISOString();
    const { readings, missing } = await provePhase(client, wanted, partitionCount, signal);
    if (missing === null) return { mode: plan.pause, pausedAt, readings };
    throw new SafepointError(
      'PauseNotProven',
      `exporting of ${plan.cluster} is not ${wanted} everywhere: ${missing}`,
    );
  } catch (error) {
    // The window may be gone, and its resume may have come before this pause lands: take it back.
    if (signal.aborted) await client.resumeExporting().catch(() => undefined);
    throw error;
  }
}

async function resumeAndProve(
  client: CamundaClient,
  cluster: string,
  signal: AbortSignal,
): Promise<ResumeProof> {
  await client.resumeExporting({ signal });
  const { partitionCount } = await client.readTopology({ signal });
  const { readings, missing } = await provePhase(client, EXPORTER_PHASES.running, partitionCount, signal);
  if (missing === null) return { resumedAt: new Date().toISOString(), readings };
  throw new SafepointError(
    'ResumeNotProven',
    `exporting of ${cluster} is not EXPORTING everywhere: ${missing}`,
  );
}

function sentBefore(): boolean {
  const { heartbeatDetails } = activityInfo() as { heartbeatDetails?: PauseMemory };
  return heartbeatDetails?.sent === true;
}

/** Nothing was sent yet, so a partition that is paused was paused by somebody else. */
function refuseForeignPause(readings: readonly ExporterReading[]): void {
  const phases: string[] = [EXPORTER_PHASES.soft, EXPORTER_PHASES.hard];
  const other = readings.find((reading) => phases.includes(reading.phase));
  if (other === undefined) return;
  throw new SafepointError(
    'ForeignPause',
    `partition ${other.partitionId} is ${other.phase} already, and not by this run; a pause over it could keep it from starting (camunda#55838)`,
  );
}

/** Reads the leaders until each partition shows the phase, or says what is missing when the deadline has passed. */
async function provePhase(
  client: CamundaClient,
  wanted: string,
  partitionCount: number,
  signal: AbortSignal,
): Promise<{ readings: ExporterReading[]; missing: string | null }> {
  const elapsedMs = stopwatch();
  for (;;) {
    const readings = await client.readExporters({ signal });
    const missing = whatIsMissing(readings, wanted, partitionCount);
    if (missing === null || elapsedMs() > PROOF_DEADLINE_MS) return { readings, missing };
    await wait(POLL_MS, signal);
  }
}

function whatIsMissing(
  readings: readonly ExporterReading[],
  wanted: string,
  partitionCount: number,
): string | null {
  const other = readings.filter((reading) => reading.phase !== wanted);
  if (other.length > 0) {
    return other
      .map((reading) => `partition ${reading.partitionId} on ${reading.leader} is ${reading.phase}`)
      .join(', ');
  }
  if (readings.length < partitionCount)
    return `only ${readings.length} of ${partitionCount} partitions have a leader that answers`;
  return null;
}
