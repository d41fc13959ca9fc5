export type ExporterPhase = 'EXPORTING' | 'PAUSED' | 'SOFT_PAUSED';

/** One partition: its log, and the exporter that writes it into the search engine. Positions are log positions. */
export type Partition = {
  id: number;
  members: number[]; // broker ids
  leader: number;
  term: number;
  phase: ExporterPhase;
  startedAtMs: number;
  startPosition: number;
  /** Everything up to here is in the indices. */
  held: number;
  /** What the partition reports as exported, and what a raft snapshot keeps; frozen by a soft pause. */
  exported: number;
  /** Buffered when a hard pause came; flushed once, at the next flush. */
  buffered: number | null;
  /** A hard pause wrote over the file of a soft one: `PAUSEDAUSED` (camunda#55838). */
  pauseFileBroken: boolean;
  /** Did not start again because of that file. */
  dead: boolean;
};

const startPosition = 1000;

export function createPartition(id: number, members: number[], nowMs: number): Partition {
  return {
    id,
    members,
    leader: members[0] ?? 0,
    term: 1,
    phase: 'EXPORTING',
    startedAtMs: nowMs,
    startPosition,
    held: startPosition,
    exported: startPosition,
    buffered: null,
    pauseFileBroken: false,
    dead: false,
  };
}

export function positionAt(partition: Partition, loadPerSecond: number, atMs: number): number {
  return partition.startPosition + Math.floor((loadPerSecond * (atMs - partition.startedAtMs)) / 1000);
}

/** The exporter filters out every third record: it acknowledges it, but no index ever holds it. */
export function newestIndexed(held: number): number {
  return held % 3 === 0 ? held - 1 : held;
}

/** What a flush does depends on the phase in which it finds the exporter; `phase` may differ from the one asked for. */
export function flush(partition: Partition, phase: ExporterPhase, position: number, stuck: boolean): void {
  if (partition.dead) return;
  if (phase === 'SOFT_PAUSED') {
    partition.held = position;
    return;
  }
  if (phase === 'PAUSED') {
    if (partition.buffered === null) return;
    partition.held = Math.max(partition.held, partition.buffered);
    partition.exported = partition.held;
    partition.buffered = null;
    return;
  }
  partition.held = position;
  if (!stuck) partition.exported = position;
}

/** Hard pause over soft looks well until the next restart. The same pause twice changes nothing. */
export function pausePartition(
  partition: Partition,
  phase: 'PAUSED' | 'SOFT_PAUSED',
  position: number,
): void {
  if (partition.phase === phase) return;
  if (phase === 'PAUSED') {
    partition.pauseFileBroken = partition.phase === 'SOFT_PAUSED';
    partition.buffered = position;
  }
  if (phase === 'SOFT_PAUSED') partition.buffered = null;
  partition.phase = phase;
}

/** Positions that a soft pause held back are committed at once. */
export function resumePartition(partition: Partition, stuck: boolean): void {
  if (!stuck) partition.exported = partition.held;
  partition.phase = 'EXPORTING';
  partition.buffered = null;
  partition.pauseFileBroken = false;
}
