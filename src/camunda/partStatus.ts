import { createHash } from 'node:crypto';
import type { CutPart, PartPiece, PartStateKind, PartStatus } from '../contract/parts.ts';
import { excerpt } from '../system/http/answer.ts';
import { kindOfState, type ForeignState } from './schema/foreignState.ts';

/** A component's answer about one backup, not yet judged. `marks`: whatever else changes while the part is alive. */
export type PartReport = {
  part: CutPart;
  backupId: string;
  state: ForeignState;
  failureReason?: string | null;
  pieces: PartPiece[];
  expectedPieces?: number;
  marks?: (string | number | null | undefined)[];
};

export function toPartStatus(report: PartReport): PartStatus {
  const { part, backupId, state, failureReason, pieces, expectedPieces } = report;
  return {
    part,
    backupId,
    kind: judge(report),
    foreignState: state.foreign,
    ...(failureReason ? { failureReason: excerpt(failureReason) } : {}),
    pieces,
    ...(expectedPieces === undefined ? {} : { expectedPieces }),
    progressMark: describeProgress(report),
  };
}

export function absentPart(part: CutPart, backupId: string): PartStatus {
  return { part, backupId, kind: 'absent', foreignState: 'not found', pieces: [], progressMark: 'not found' };
}

/** Complete only if the part says so, each piece says so, and as many pieces as expected are there. */
function judge({ state, pieces, expectedPieces }: PartReport): PartStateKind {
  if (pieces.some((piece) => kindOfState(piece.foreignState) === 'failed')) return 'failed';
  if (state.kind !== 'complete') return state.kind;
  const distinct = new Set(pieces.map((piece) => piece.name)).size;
  const counted = distinct === pieces.length && distinct === (expectedPieces ?? distinct) && distinct > 0;
  return counted && pieces.every((piece) => piece.complete) ? 'complete' : 'running';
}

/** Readable, short, and different whenever a piece changed: `IN_PROGRESS: 2 SUCCESS, 1 IN_PROGRESS #1f09b3c2`. */
function describeProgress({ state, failureReason, pieces, marks = [] }: PartReport): string {
  const counts = new Map<string, number>();
  for (const { foreignState } of pieces) counts.set(foreignState, (counts.get(foreignState) ?? 0) + 1);
  const summary =
    [...counts]
      .map(([word, count]) => `${count} ${word}`)
      .sort()
      .join(', ') || 'nothing yet';
  const details = JSON.stringify([
    failureReason,
    pieces.map((piece) => [piece.name, piece.foreignState]),
    marks,
  ]);
  const digest = createHash('sha256').update(details).digest('hex').slice(0, 8);
  return `${state.foreign}: ${summary} #${digest}`;
}
