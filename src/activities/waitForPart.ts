import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { CamundaClient } from '../camunda/port.ts';
import { errorCatalogue, SafepointError } from '../contract/errors.ts';
import type { ExporterReading } from '../contract/exporting.ts';
import type { AppLatency, CutPart, PartStatus } from '../contract/parts.ts';
import { describeProgress, judgePart, pollIntervalMs, stalled } from '../domain/partProgress.ts';
import { pause, stopwatch } from '../system/waiting.ts';

/** What an attempt leaves for the next one. Spans, not times: the next one may run where the clock differs. */
export type CaptureMemory = {
  progress: string;
  startedAt?: string;
  before?: ExporterReading[];
  tried: boolean; // a trigger was on its way
  triggered: boolean; // and was answered, or the part was seen
  adopted: boolean; // the part was there before any trigger of ours was known
  waitedMs: number;
  stillMs: number; // without any progress
  mark: string;
  responsiveness: AppLatency[];
};

/**
 * Triggers the part if it is absent and returns its status when it is complete; changes `memory` as it goes, which the
 * heartbeats carry. A component that does not answer is asked again: that costs time, and as much of it as a part
 * without progress may take. Fails with `PartRefused`, `PartFailed`, `PartStalled`.
 */
export async function waitForPart(
  client: CamundaClient,
  target: { part: CutPart; backupId: string; stallMs: number; attemptMs: number },
  memory: CaptureMemory,
  latencies: () => AppLatency[],
  signal: AbortSignal,
): Promise<PartStatus> {
  const waitedBeforeMs = memory.waitedMs;
  const elapsedMs = stopwatch();
  for (;;) {
    const seen = await look(client, target, memory, signal);

    const lookedBeforeMs = memory.waitedMs;
    memory.waitedMs = waitedBeforeMs + elapsedMs();
    const moved = !(seen instanceof SafepointError) && seen.progressMark !== memory.mark;
    memory.stillMs = moved ? 0 : memory.stillMs + (memory.waitedMs - lookedBeforeMs);
    if (moved) memory.mark = seen.progressMark;
    memory.progress =
      seen instanceof SafepointError ? `${target.part}: ${seen.message}` : describeProgress(seen);
    memory.responsiveness = latencies();

    const judgement =
      seen instanceof SafepointError
        ? stalled(memory.progress, memory.stillMs, target.stallMs)
        : judgePart(seen, memory.stillMs, target.stallMs);
    if (judgement.kind === 'failed') throw new SafepointError(judgement.code, judgement.message);
    if (judgement.kind === 'complete' && !(seen instanceof SafepointError)) return seen;

    if (elapsedMs() > target.attemptMs) throw stillAtWork(memory.progress);
    await pause(pollIntervalMs(memory.waitedMs), signal);
  }
}

/** The newest status, or the error of a fault that may pass. */
async function look(
  client: CamundaClient,
  { part, backupId }: { part: CutPart; backupId: string },
  memory: CaptureMemory,
  signal: AbortSignal,
): Promise<PartStatus | SafepointError> {
  try {
    const status = await client.getBackup(part, backupId, { signal });
    if (status.kind !== 'absent' || memory.triggered) {
      memory.adopted ||= !memory.tried;
      memory.tried = true;
      memory.triggered = true;
      return status;
    }
    memory.tried = true;
    await client.startBackup(part, backupId, { signal });
    memory.triggered = true;
    return await client.getBackup(part, backupId, { signal });
  } catch (error) {
    if (error instanceof SafepointError && errorCatalogue[error.code].retry) return error;
    throw error;
  }
}

/** Not a failure: BENIGN keeps it out of metrics and logs, and its message is the progress line in the UI. */
function stillAtWork(progress: string): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'BackupInProgress',
    message: progress,
    category: ApplicationFailureCategory.BENIGN,
    nextRetryDelay: 200,
  });
}
