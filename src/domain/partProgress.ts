import type { PartStatus } from '../contract/parts.ts';
import { formatSeconds } from './statusTable.ts';

/** A 404 after a trigger means "not visible yet", or that the attempt died before it wrote anything (camunda#54037). */
const ABSENT_DEADLINE_MS = 120_000;

/** What to make of the newest answer about a part. */
export type PartJudgement =
  | { kind: 'complete' }
  | { kind: 'wait' }
  | { kind: 'failed'; code: 'PartFailed' | 'PartStalled'; message: string };

/**
 * Alive or dead is judged by progress, not by words: a healthy history backup shows INCOMPLETE between two snapshots, a
 * dead one shows it for ever. `stillMs` is how long the progress mark has stood still.
 */
export function judgePart(status: PartStatus, stillMs: number, stallMs: number): PartJudgement {
  if (status.kind === 'complete') return { kind: 'complete' };
  if (status.kind === 'failed') {
    return {
      kind: 'failed',
      code: 'PartFailed',
      message: `${describeProgress(status)}: ${reasonOf(status)}`,
    };
  }
  const deadlineMs = status.kind === 'absent' ? Math.min(ABSENT_DEADLINE_MS, stallMs) : stallMs;
  return stalled(describeProgress(status), stillMs, deadlineMs);
}

/** Lost when nothing has moved for as long as it may; `seen` is the last that was seen. */
export function stalled(seen: string, stillMs: number, deadlineMs: number): PartJudgement {
  if (stillMs < deadlineMs) return { kind: 'wait' };
  const message = `${seen}, and no progress for ${formatSeconds(stillMs)}; it is taken for lost`;
  return { kind: 'failed', code: 'PartStalled', message };
}

/** The progress line that people read: `zeebe: 1 of 2 partitions complete (IN_PROGRESS)`. */
export function describeProgress(status: PartStatus): string {
  if (status.kind === 'absent') return `${status.part}: no backup ${status.backupId} visible yet`;
  const done = status.pieces.filter((piece) => piece.complete).length;
  const total = status.expectedPieces ?? status.pieces.length;
  const pieces = status.part === 'zeebe' ? 'partitions' : 'snapshots';
  return `${status.part}: ${done} of ${total} ${pieces} complete (${status.foreignState})`;
}

function reasonOf(status: PartStatus): string {
  const ofPieces = status.pieces.flatMap((piece) =>
    piece.failure === undefined ? [] : [`${piece.name}: ${piece.failure}`],
  );
  return (
    [status.failureReason, ...ofPieces].filter((reason) => reason !== undefined).join('; ') ||
    'no reason given'
  );
}

/**
 * How long to wait before the next look: a fifth of a second at first, then under one percent of the time waited, so
 * that a part is seen complete within 250 ms + 1 % of its time.
 */
export function pollIntervalMs(waitedMs: number): number {
  return Math.min(200 + waitedMs * 0.008, 30_000);
}
