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
      const client = camunda(plan.cluster);
      const signal = cancellationSignal();
      const { partitionCount } = await client.readTopology({ signal });
      const wanted = EXPORTER_PHASES[plan.pause];
      refuseForeignPause(await client.readExporters({ signal }), wanted);
      await client.pauseExporting(plan.pause, { signal });
      const pausedAt = new Date().toISOString();
      const { readings, missing } = await provePhase(client, wanted, partitionCount, signal);
      if (missing !== null) {
        throw new SafepointError(
          'PauseNotProven',
          `exporting of ${plan.cluster} is not ${wanted} everywhere: ${missing}`,
        );
      }
      return { mode: plan.pause, pausedAt, readings };
    },

    /**
     * Resumes exporting and proves it on every partition. Idempotent, and every error is one that is tried again: giving
     * up would leave the exporters paused. Fails with `ResumeNotProven`.
     */
    async resumeExporting({ cluster }: { cluster: string }): Promise<ResumeProof> {
      const signal = cancellationSignal();
      try {
        const client = camunda(cluster);
        await client.resumeExporting({ signal });
        const { partitionCount } = await client.readTopology({ signal });
        const { readings, missing } = await provePhase(
          client,
          EXPORTER_PHASES.running,
          partitionCount,
          signal,
        );
        if (missing === null) return { resumedAt: new Date().toISOString(), readings };
        throw new SafepointError(
          'ResumeNotProven',
          `exporting of ${cluster} is not EXPORTING everywhere: ${missing}`,
        );
      } catch (error) {
        if (signal.aborted || (error instanceof SafepointError && error.code === 'ResumeNotProven'))
          throw error;
        const seen = error instanceof Error ? error.message : String(error);
        throw new SafepointError(
          'ResumeNotProven',
          `exporting of ${cluster} could not be resumed yet: ${seen}`,
          { cause: error },
        );
      }
    },
  };
}

/** A pause that a first attempt finds is not ours; a later one may find what an earlier one left. */
function refuseForeignPause(readings: readonly ExporterReading[], wanted: string): void {
  const ours = activityInfo().attempt > 1 ? [EXPORTER_PHASES.running, wanted] : [EXPORTER_PHASES.running];
  const other = readings.find((reading) => !ours.includes(reading.phase));
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
    heartbeat({ progress: `waiting for ${wanted}: ${missing}` });
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
