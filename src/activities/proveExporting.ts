import type { CamundaClient } from '../camunda/port.ts';
import { SafepointError } from '../contract/errors.ts';
import { EXPORTER_PHASES, type ExporterReading, type ResumeProof } from '../contract/exporting.ts';
import { pause as wait, stopwatch } from '../system/waiting.ts';

/** How long a phase may take to show after the answer; the leaders apply it one after the other. */
const PROOF_DEADLINE_MS = 15_000;
const POLL_MS = 100;

/** Readings in which every partition shows the phase; `missing` says what keeps it from that, else it is `null`. */
export type PhaseProof = { readings: ExporterReading[]; missing: string | null };

/**
 * Asks for the resume and proves it on every partition. Idempotent. The phases count and not the answer: where we are refused
 * somebody else may have resumed. Fails with `ResumeNotProven`, or as the request did.
 */
export async function resumeAndProve(
  client: CamundaClient,
  cluster: string,
  signal?: AbortSignal,
): Promise<ResumeProof> {
  const refusal = await client.resumeExporting({ signal }).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  );
  signal?.throwIfAborted();
  const { partitionCount } = await client.readTopology({ signal });
  const deadlineMs = refusal === undefined ? PROOF_DEADLINE_MS : 0;
  const { readings, missing } = await provePhase(
    client,
    EXPORTER_PHASES.running,
    partitionCount,
    signal,
    deadlineMs,
  );
  if (missing === null) return { resumedAt: new Date().toISOString(), readings };
  if (refusal !== undefined) throw refusal;
  throw new SafepointError(
    'ResumeNotProven',
    `exporting of ${cluster} is not EXPORTING everywhere: ${missing}`,
  );
}

/** Reads the leaders until each partition shows the phase, or says what is missing when the deadline has passed. */
export async function provePhase(
  client: CamundaClient,
  wanted: string,
  partitionCount: number,
  signal?: AbortSignal,
  deadlineMs = PROOF_DEADLINE_MS,
): Promise<PhaseProof> {
  const elapsedMs = stopwatch();
  for (;;) {
    const readings = await client.readExporters({ signal });
    const missing = whatIsMissing(readings, wanted, partitionCount);
    if (missing === null || elapsedMs() > deadlineMs) return { readings, missing };
    await wait(POLL_MS, signal);
  }
}

export function whatIsMissing(
  readings: readonly ExporterReading[],
  wanted: string,
  partitionCount: number,
): string | null {
  const other = readings.filter((reading) => reading.phase !== wanted);
  if (other.length > 0) return describePhases(other);
  if (readings.length < partitionCount)
    return `only ${readings.length} of ${partitionCount} partitions have a leader that answers`;
  return null;
}

/** Partitions on which exporting is paused, softly or hard. */
export function pausedOnes(readings: readonly ExporterReading[]): ExporterReading[] {
  const phases: string[] = [EXPORTER_PHASES.soft, EXPORTER_PHASES.hard];
  return readings.filter((reading) => phases.includes(reading.phase));
}

export function describePhases(readings: readonly ExporterReading[]): string {
  return readings
    .map((reading) => `partition ${reading.partitionId} on ${reading.leader} is ${reading.phase}`)
    .join(', ');
}
