import type { CamundaClient } from '../camunda/port.ts';
import { SafepointError } from '../contract/errors.ts';
import { EXPORTER_PHASES, type ExporterReading } from '../contract/exporting.ts';
import { pause, stopwatch } from '../system/waiting.ts';
import { describePhases } from './proveExporting.ts';

/** Added to the flush delay: the flush itself takes a moment until it is acknowledged. */
const MARGIN_MS = 1_000;
const POLL_MS = 250;
/** Positions must have stood still for this long at the end. */
const STILL_MS = 500;

/**
 * Waits until the exporter is quiet after a hard pause and returns the readings that prove it. A hard pause still flushes
 * what was buffered, once per partition, at most the exporter's flush delay after the pause; records that reach the search
 * engine after an index part was taken, but before Zeebe's own snapshot, are lost for good on restore.
 * Fails with `ExporterNotQuiet` when positions go on moving, with `SetFailed` when somebody has resumed.
 */
export async function settle(
  client: CamundaClient,
  options: {
    /** What is left of the flush delay; negative when it has passed. */
    remainingMs: number;
    flushDelayMs: number;
    onWait: (progress: string) => void;
    signal: AbortSignal;
  },
): Promise<ExporterReading[]> {
  const { signal } = options;
  const elapsedMs = stopwatch();
  const quietFromMs = Math.max(0, options.remainingMs + MARGIN_MS);
  const deadlineMs = quietFromMs + options.flushDelayMs + 10_000;
  let readings = await client.readExporters({ signal });
  let movedAtMs = elapsedMs();
  for (;;) {
    requirePaused(readings);
    const now = elapsedMs();
    if (now >= quietFromMs && now - movedAtMs >= STILL_MS) return readings;
    if (now > deadlineMs) throw notQuiet(readings, options.flushDelayMs);
    options.onWait(
      `waiting until the exporter is quiet, ${(Math.max(0, quietFromMs - now) / 1000).toFixed(1)} s left`,
    );
    await pause(POLL_MS, signal);
    const latest = await client.readExporters({ signal });
    if (positionsOf(latest) !== positionsOf(readings)) movedAtMs = elapsedMs();
    readings = latest;
  }
}

/** To wait on would be in vain, and the flush delay would get the blame. */
function requirePaused(readings: readonly ExporterReading[]): void {
  const resumed = readings.filter(({ phase }) => phase === EXPORTER_PHASES.running);
  if (resumed.length === 0) return;
  throw new SafepointError(
    'SetFailed',
    `${describePhases(resumed)} inside the window, so somebody has resumed it; the set is lost`,
  );
}

function positionsOf(readings: readonly ExporterReading[]): string {
  return readings.map((reading) => `${reading.partitionId}:${reading.exportedPosition}`).join(' ');
}

function notQuiet(readings: readonly ExporterReading[], flushDelayMs: number): SafepointError {
  return new SafepointError(
    'ExporterNotQuiet',
    `exported positions still move (${positionsOf(readings)}) long after the flush delay of ${flushDelayMs / 1000} s; set exporter.flushDelay to the bulk delay of the slowest exporter`,
  );
}
