import type { CutPart, PartPiece, PartStatus } from '../contract/parts.ts';
import { toPartStatus, type PartReport } from './partStatus.ts';
import { excerpt } from '../system/http/answer.ts';
import type { SnapshotInfo } from './port.ts';
import { kindOfState } from './schema/foreignState.ts';
import type { HistoryBackup } from './schema/historyBackup.ts';

/** Status of a backup that consists of snapshots, named `..._part_2_of_6`; the list comes in no order. */
export function toHistoryStatus(
  part: CutPart,
  backup: HistoryBackup,
  { expectedPieces, marks }: Pick<PartReport, 'expectedPieces' | 'marks'> = {},
): PartStatus {
  const pieces = (backup.details ?? []).map(toPiece).sort((a, b) => partNumber(a.name) - partNumber(b.name));
  return toPartStatus({
    part,
    backupId: backup.backupId,
    state: backup.state,
    failureReason: backup.failureReason,
    pieces,
    expectedPieces: expectedPieces ?? expectedFromNames(pieces),
    marks,
  });
}

/** Details as a component would give them, from the search engine's own list. */
export function toDetails(snapshots: SnapshotInfo[]): NonNullable<HistoryBackup['details']> {
  return snapshots.map(({ name, state, failures }) => ({
    snapshotName: name,
    state: { foreign: state, kind: kindOfState(state) },
    failures,
  }));
}

function toPiece({
  snapshotName,
  state,
  failures,
}: NonNullable<HistoryBackup['details']>[number]): PartPiece {
  return {
    name: snapshotName,
    complete: state.kind === 'complete',
    foreignState: state.foreign,
    failure: describeFailures(failures ?? []),
  };
}

/** Failures come as texts, or as objects of the search engine with a reason. */
export function describeFailures(failures: unknown[]): string | undefined {
  const texts = failures.map((failure) => (typeof failure === 'string' ? failure : JSON.stringify(failure)));
  return texts.length === 0 ? undefined : excerpt(texts.join('; '));
}

function expectedFromNames(pieces: PartPiece[]): number | undefined {
  const totals = pieces.flatMap(({ name }) => /_of_(\d{1,9})$/.exec(name)?.[1] ?? []);
  return totals.length === 0 ? undefined : totals.map(Number).reduce((most, total) => Math.max(most, total));
}

function partNumber(name: string): number {
  return Number(/_part_(\d+)_of_\d+$/.exec(name)?.[1] ?? 0);
}
