import type { CutProof, PartitionCut } from '../contract/cut.ts';
import { EXPORTER_PHASES, type ExporterReading, type PauseMode } from '../contract/exporting.ts';
import type { CutPart, PartResult } from '../contract/parts.ts';

/** What the proof looks at: the readings after the pause, and every part with its own readings. */
export type CutEvidence = {
  pause: PauseMode;
  /** Readings right after the pause. */
  paused: readonly ExporterReading[];
  parts: readonly PartResult[];
  /** In which they were taken. Not told from their times: the clocks of workers may differ. */
  waves: readonly (readonly CutPart[])[];
  partitionCount: number;
};

/**
 * Proves from positions that the parts of a set fit together, one partition at a time (`PartitionCut` states the two
 * inequalities). What the index parts hold is bounded by readings at the fence:
 *  at least: the `exportedPosition` read just before the first index part. With a hard pause that is after the exporter
 *            has settled; with a soft pause it is frozen at once.
 *  at most:  the highest position in the `zeebe-record*` indices after the last index part, where they exist, and under
 *            a hard pause the frozen `exportedPosition` if that is higher. Under a soft pause without such indices the
 *            newest record the leader had processed when the last index part ended: its follow-up events may lie above,
 *            so it holds only together with the order, Zeebe captured after it.
 * An absent raft snapshot in the Zeebe backup means that everything is exported again: position -1, as an engine that
 * never exported reports it.
 */
export function proveCut(evidence: CutEvidence): CutProof {
  const indexParts = evidence.parts.filter((part) => part.part !== 'zeebe');
  const zeebe = evidence.parts.find((part) => part.part === 'zeebe');
  const partitions = partitionIds(evidence).map((partitionId) =>
    provePartition(partitionId, evidence, zeebe, indexParts),
  );
  const reasons = partitions.flatMap(explainPartition);
  if (partitions.length < evidence.partitionCount) {
    reasons.push(`readings name ${partitions.length} of ${evidence.partitionCount} partitions`);
  }
  const facts = partitions.flatMap((cut) => [cut.noLoss, cut.noOrphans, cut.fenceHeld]);
  if (facts.includes(false)) return { outcome: 'broken', partitions, reasons };
  return { outcome: reasons.length > 0 ? 'not-proven' : 'proven', partitions, reasons };
}

function provePartition(
  partitionId: number,
  evidence: CutEvidence,
  zeebe: PartResult | undefined,
  indexParts: readonly PartResult[],
): PartitionCut {
  const piece = zeebe?.pieces.find((candidate) => candidate.partitionId === partitionId);
  const checkpointPosition = piece?.checkpointPosition ?? null;
  const restoredExporterPosition = piece === undefined ? null : exporterPositionIn(piece.snapshotId);
  const heldAtLeast = lowestBefore(indexParts, partitionId);
  const { position: heldAtMost, source: heldAtMostSource } = upperBound(evidence, indexParts, partitionId);
  return {
    partitionId,
    checkpointPosition,
    restoredExporterPosition,
    heldAtLeast,
    heldAtMost,
    heldAtMostSource,
    noLoss: atMost(restoredExporterPosition, heldAtLeast),
    noOrphans: atMost(heldAtMost, checkpointPosition),
    fenceHeld: fenceHeld(evidence, indexParts, partitionId),
  };
}

function partitionIds(evidence: CutEvidence): number[] {
  return evidence.paused.map((reading) => reading.partitionId).sort((a, b) => a - b);
}

/** `null` as soon as one side is not known. */
function atMost(left: number | null, right: number | null): boolean | null {
  return left === null || right === null ? null : left <= right;
}

/** The fourth number of `index-term-processed-exported-broker` (older builds leave the broker out). */
export function exporterPositionIn(snapshotId: string | undefined): number | null {
  if (snapshotId === undefined) return -1;
  const exported = /^\d+-\d+-\d+-(-?\d+)(-\S+)?$/.exec(snapshotId)?.[1];
  return exported === undefined ? null : Number(exported);
}

function reading(readings: readonly ExporterReading[], partitionId: number): ExporterReading | undefined {
  return readings.find((candidate) => candidate.partitionId === partitionId);
}

function lowestBefore(indexParts: readonly PartResult[], partitionId: number): number | null {
  const positions = indexParts.map(
    (part) => reading(part.fence.before, partitionId)?.exportedPosition ?? null,
  );
  if (positions.length === 0 || positions.includes(null)) return null;
  return Math.min(...positions.filter((position) => position !== null));
}

function upperBound(
  { pause, waves }: CutEvidence,
  indexParts: readonly PartResult[],
  partitionId: number,
): { position: number | null; source: PartitionCut['heldAtMostSource'] } {
  const records = highestRecord(indexParts, partitionId);
  const after = indexParts.map((part) => reading(part.fence.after, partitionId));
  if (pause === 'hard') {
    const frozen = highest(after.map((last) => last?.exportedPosition));
    if (records !== null && records >= (frozen ?? records))
      return { position: records, source: 'zeebe-records' };
    return { position: frozen, source: 'frozen-exporter' };
  }
  if (records !== null) return { position: records, source: 'zeebe-records' };
  const zeebeWasLast = waves.at(-1)?.every((part) => part === 'zeebe') ?? false;
  if (!zeebeWasLast) return { position: null, source: null };
  return { position: highest(after.map((last) => last?.processedPosition)), source: 'newest-record' };
}

/** `null` where not every index part looked, or the partition has no record left: retention may have taken them. */
function highestRecord(indexParts: readonly PartResult[], partitionId: number): number | null {
  const looked = indexParts.length > 0 && indexParts.every((part) => part.fence.highestRecords !== undefined);
  const positions = indexParts
    .flatMap((part) => part.fence.highestRecords ?? [])
    .filter((record) => record.partitionId === partitionId)
    .map((record) => record.position);
  return looked && positions.length > 0 ? Math.max(...positions) : null;
}

/** `null` when there is nothing to compare or one number is missing. */
function highest(positions: readonly (number | null | undefined)[]): number | null {
  const known = positions.filter((position) => typeof position === 'number');
  return known.length === 0 || known.length < positions.length ? null : Math.max(...known);
}

/**
 * Exporting must not have moved between the first index part and the end of the window, under the same leader and in the
 * phase asked for. A leader change or a broker restart puts the position back to the last raft snapshot and exports again.
 */
function fenceHeld(
  evidence: CutEvidence,
  indexParts: readonly PartResult[],
  partitionId: number,
): boolean | null {
  const readings = [
    ...evidence.parts.flatMap((part) => [part.fence.before, part.fence.after]),
    evidence.paused,
  ].map((some) => reading(some, partitionId));
  if (readings.includes(undefined)) return null;
  const first = reading(evidence.paused, partitionId);
  const steady = readings.every(
    (some) => some?.phase === EXPORTER_PHASES[evidence.pause] && some.leader === first?.leader,
  );
  if (!steady) return false;
  // A hard pause lets the buffer go once, so the position counts from the first index part on; a soft one freezes at once.
  const frozenParts = evidence.pause === 'soft' ? evidence.parts : indexParts;
  const frozen = [
    ...(evidence.pause === 'soft' ? [evidence.paused] : []),
    ...frozenParts.flatMap((part) => [part.fence.before, part.fence.after]),
  ].map((some) => reading(some, partitionId)?.exportedPosition ?? null);
  if (frozen.length === 0 || frozen.includes(null)) return null;
  return new Set(frozen).size === 1;
}

function explainPartition(cut: PartitionCut): string[] {
  const at = `partition ${cut.partitionId}`;
  const reasons: string[] = [];
  if (cut.noLoss === false) {
    reasons.push(
      `${at}: a restored exporter starts at ${cut.restoredExporterPosition}, but the index parts are certain only up to ${cut.heldAtLeast}: records between are lost`,
    );
  }
  if (cut.noOrphans === false) {
    reasons.push(
      `${at}: the index parts hold records up to ${cut.heldAtMost}, beyond the Zeebe checkpoint ${cut.checkpointPosition}: orphans`,
    );
  }
  if (cut.fenceHeld === false)
    reasons.push(`${at}: exporting moved, changed its phase or changed its leader inside the window`);
  if (cut.noLoss === null) reasons.push(`${at}: no loss cannot be shown, a position is missing`);
  if (cut.noOrphans === null) reasons.push(`${at}: no orphans cannot be shown, a position is missing`);
  if (cut.fenceHeld === null) reasons.push(`${at}: the fence cannot be shown, a reading is missing`);
  return reasons;
}
