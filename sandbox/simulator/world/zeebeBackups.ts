import type { ArmedFaults } from '../faults/faults.ts';
import type { Settings } from '../options.ts';
import type { Engine } from './engine.ts';
import type { Partition } from './partition.ts';
import { settleCourse } from './partFaults.ts';
import type { Timeline } from './timeline.ts';

export type ZeebePieceState = 'IN_PROGRESS' | 'COMPLETED' | 'FAILED' | 'DOES_NOT_EXIST';

export type ZeebePiece = {
  partitionId: number;
  state: ZeebePieceState;
  failureReason?: string;
  createdAtMs: number;
  lastUpdatedAtMs: number;
  checkpointPosition: number;
  /** `index-term-processed-exported-broker` of the raft snapshot inside; null without one. */
  snapshotId: string | null;
  /** Where a restored exporter starts: the fourth number of `snapshotId`, 0 without one. */
  restoredExporterPosition: number;
  brokerId: number;
};

export type ZeebeBackup = {
  id: number;
  triggeredAtMs: number;
  pieces: ZeebePiece[];
  asked: number; // GETs of this id so far
  /** COMPLETED in the top state as soon as no other piece is at work. */
  toldComplete: boolean;
};

/** Backups of the engine: the checkpoint is taken at the trigger, the pieces are written one after another. */
export interface ZeebeBackups {
  all(): ZeebeBackup[];
  find(id: number): ZeebeBackup | undefined;
  /** Every id ever taken counts, failed and deleted ones included; 0 before the first. */
  latestId(): number;
  triggered(): number;
  trigger(id: number): void;
  remove(id: number): void;
}

export function createZeebeBackups(
  settings: Settings,
  timeline: Timeline,
  engine: Engine,
  faults: ArmedFaults,
): ZeebeBackups {
  let backups: ZeebeBackup[] = [];
  let latestId = 0;
  let triggered = 0;

  function finish(piece: ZeebePiece, state: ZeebePieceState, failureReason?: string): void {
    if (piece.state !== 'IN_PROGRESS') return;
    piece.state = state;
    piece.lastUpdatedAtMs = timeline.nowMs();
    if (failureReason !== undefined) piece.failureReason = failureReason;
  }

  engine.onLeaderChange((partitionId) => {
    for (const piece of backups.flatMap((backup) => backup.pieces)) {
      if (piece.partitionId === partitionId)
        finish(piece, 'FAILED', 'Backup is cancelled due to leader change.');
    }
  });

  function trigger(id: number): void {
    latestId = id;
    triggered += 1;
    const course = settleCourse(faults, 'zeebe', settings.partitions);
    if (course.never || faults.look('backupStoreDown')) return;
    const pieces = engine.partitions.map((partition) => takeCheckpoint(partition, engine, timeline, faults));
    const last = pieces.at(-1);
    if (last && (course.missing || course.stays === 'INCOMPLETE')) last.state = 'DOES_NOT_EXIST';
    if (last && course.tooMany) pieces.push({ ...last, partitionId: pieces.length + 1 });
    const toldComplete = course.notWhole || course.missing;
    backups.push({
      id,
      triggeredAtMs: timeline.nowMs(),
      pieces: course.missing ? pieces.slice(0, -1) : pieces,
      asked: 0,
      toldComplete,
    });
    pieces.forEach((piece, index) => {
      if ((course.stays === 'IN_PROGRESS' || course.notWhole) && piece === last) return;
      timeline.at(timeline.nowMs() + (settings.partMs * (index + 1)) / pieces.length, () => {
        if (course.failure?.piece === index) finish(piece, 'FAILED', course.failure.reason);
        else finish(piece, 'COMPLETED');
      });
    });
  }

  return {
    all: () => backups,
    find: (id) => backups.find((backup) => backup.id === id),
    latestId: () => latestId,
    triggered: () => triggered,
    trigger,
    remove(id) {
      if (faults.strike('deleteDoesNothing', (it) => it.part === 'zeebe')) return;
      backups = backups.filter((backup) => backup.id !== id);
    },
  };
}

/** The checkpoint is a record of its own; the raft snapshot is as new as the checkpoint, which hides nothing. */
function takeCheckpoint(
  partition: Partition,
  engine: Engine,
  timeline: Timeline,
  faults: ArmedFaults,
): ZeebePiece {
  const processed = engine.position(partition);
  const { term, exported, leader } = partition;
  const hasSnapshot = faults.look('noRaftSnapshot') === undefined;
  return {
    partitionId: partition.id,
    state: 'IN_PROGRESS',
    createdAtMs: timeline.nowMs(),
    lastUpdatedAtMs: timeline.nowMs(),
    checkpointPosition: engine.append(partition),
    snapshotId: hasSnapshot ? [Math.floor(processed / 6), term, processed, exported, leader].join('-') : null,
    restoredExporterPosition: hasSnapshot ? exported : 0,
    brokerId: leader,
  };
}
