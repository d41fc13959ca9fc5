import type { ArmedFaults } from '../faults/faults.ts';
import type { Settings } from '../options.ts';
import {
  createPartition,
  flush,
  newestIndexed,
  pausePartition,
  positionAt,
  resumePartition,
  type ExporterPhase,
  type Partition,
} from './partition.ts';
import type { Timeline } from './timeline.ts';

/** What a pause or resume was answered with, inside the envelope. */
export type ExportingAnswer = { status: 204 | 500; message?: string };

/** Brokers with their partitions and exporters. */
export interface Engine {
  startedAtMs: number;
  partitions: Partition[];
  position(partition: Partition): number;
  phase(partition: Partition): ExporterPhase;
  /** Log positions up to which the indices hold everything, by partition. */
  held(): Map<number, number>;
  /** Highest record position that a search finds, by partition; behind `held` until a refresh. */
  searchable(): Map<number, number>;
  refresh(): void;
  /** Every partition has a leader. */
  isReachable(): boolean;
  /** Appends one record and gives its position. */
  append(partition: Partition): number;
  pause(phase: 'PAUSED' | 'SOFT_PAUSED'): ExportingAnswer;
  resume(): ExportingAnswer;
  changeLeader(partitionId: number): void;
  restart(): void;
  /** The log stands still and nothing is exported until `start`. */
  stop(): void;
  /** Fails when the brokers are empty. */
  start(): void;
  empty(): void;
  /** Fails when the brokers are not empty. */
  restore(cuts: RestoredCut[]): void;
  onLeaderChange(listener: (partitionId: number) => void): void;
}

/** Where the log of a partition ends after a restore, and where its exporter starts again. */
export type RestoredCut = {
  partitionId: number;
  checkpointPosition: number;
  restoredExporterPosition: number;
};

/** In the words of the restore program of Camunda (RestoreManager.java). */
const NOT_EMPTY =
  "Brokers's data directory /usr/local/zeebe/data is not empty. Aborting restore to avoid overwriting data. Please restart with a clean directory.";
const refreshIntervalMs = 1000;
const mostMembers = 3;

export function createEngine(settings: Settings, timeline: Timeline, faults: ArmedFaults): Engine {
  const startedAtMs = timeline.nowMs();
  const memberCount = Math.min(settings.brokers, mostMembers);
  const partitions = Array.from({ length: settings.partitions }, (_, index) => {
    const members = Array.from({ length: memberCount }, (__, member) => (index + member) % settings.brokers);
    return createPartition(index + 1, members, startedAtMs);
  });
  const listeners: ((partitionId: number) => void)[] = [];
  let searchable = new Map<number, number>();
  let stoppedAtMs: number | null = null;
  let isEmpty = false;

  const position = (partition: Partition) =>
    positionAt(partition, settings.loadPerSecond, stoppedAtMs ?? timeline.nowMs());
  const held = () => new Map(partitions.map((partition) => [partition.id, partition.held]));
  const isStuck = (partition: Partition) =>
    faults.look('exporterStuck', (it) => (it.partition ?? partition.id) === partition.id) !== undefined;

  function phase(partition: Partition): ExporterPhase {
    if (partition.phase === 'EXPORTING') return 'EXPORTING';
    const drift = faults.look('phaseDrift', (it) => (it.partition ?? partition.id) === partition.id);
    return drift?.phase ?? partition.phase;
  }

  function refresh(): void {
    searchable = new Map(partitions.map((partition) => [partition.id, newestIndexed(partition.held)]));
  }

  function keepFlushing(partition: Partition, atMs: number): void {
    timeline.at(atMs, () => {
      if (stoppedAtMs === null) flush(partition, phase(partition), position(partition), isStuck(partition));
      keepFlushing(partition, timeline.nowMs() + Math.max(1, settings.flushDelayMs));
    });
  }

  function keepRefreshing(atMs: number): void {
    timeline.at(atMs, () => {
      refresh();
      keepRefreshing(atMs + refreshIntervalMs);
    });
  }

  /** A down partition makes pause and resume fail as a whole (camunda-docs#8435). */
  function whyUnreachable(): string | undefined {
    const alive = partitions.filter((partition) => !partition.dead).length;
    if (alive < partitions.length)
      return `Found ${alive} partitions but expected ${partitions.length}, current topology: ...`;
    const down = partitions.find((it) =>
      faults.look('partitionLeaderless', (fault) => fault.partition === it.id),
    );
    if (down === undefined) return undefined;
    const { length } = down.members;
    return `Expected ${length} members of partition ${down.id} but found ${length - 1}, current topology: ...`;
  }

  function change(reached: number[] | undefined, effect: (partition: Partition) => void): ExportingAnswer {
    const message = whyUnreachable();
    if (message !== undefined) return { status: 500, message };
    for (const partition of partitions) if (reached?.includes(partition.id) ?? true) effect(partition);
    return { status: 204 };
  }

  function newTerm(partition: Partition): void {
    partition.term += 1;
    for (const listener of listeners) listener(partition.id);
  }

  partitions.forEach((partition, index) => {
    keepFlushing(partition, startedAtMs + ((index + 1) * settings.flushDelayMs) / partitions.length);
  });
  refresh();
  keepRefreshing(startedAtMs + refreshIntervalMs);

  return {
    startedAtMs,
    partitions,
    position,
    phase,
    held,
    searchable: () => searchable,
    refresh,
    isReachable: () => whyUnreachable() === undefined,
    append(partition) {
      partition.startPosition += 1;
      return position(partition);
    },
    pause(wanted) {
      if (faults.strike('pauseFails'))
        return { status: 500, message: 'Failed to send request from gateway to broker.' };
      const partial = faults.strike('pauseReachesOnly');
      const answer = change(partial?.partitions, (partition) => {
        pausePartition(partition, wanted, position(partition));
      });
      return partial?.answer === 500
        ? { status: 500, message: 'Request from gateway to broker timed out. ' }
        : answer;
    },
    resume() {
      if (faults.strike('resumeFails'))
        return { status: 500, message: 'Failed to send request from gateway to broker.' };
      const partial = faults.strike('resumeReachesOnly');
      const answer = change(partial?.partitions, (partition) => {
        resumePartition(partition, isStuck(partition));
      });
      return partial?.answer === 500
        ? { status: 500, message: 'Request from gateway to broker timed out. ' }
        : answer;
    },
    changeLeader(partitionId) {
      const partition = partitions.find((it) => it.id === partitionId);
      if (partition === undefined) throw new Error(`There is no partition ${partitionId}`);
      const next = (partition.members.indexOf(partition.leader) + 1) % partition.members.length;
      partition.leader = partition.members[next] ?? partition.leader;
      if (faults.strike('leaderChangeEndsPause')) resumePartition(partition, isStuck(partition));
      newTerm(partition);
    },
    restart() {
      const moves = faults.strike('restartMovesPosition') !== undefined;
      for (const partition of partitions) {
        if (moves && partition.phase === 'SOFT_PAUSED') partition.exported = partition.held;
        partition.dead ||= partition.pauseFileBroken;
        newTerm(partition);
      }
    },
    stop() {
      stoppedAtMs ??= timeline.nowMs();
    },
    start() {
      if (isEmpty) throw new Error('the brokers have no data');
      if (stoppedAtMs === null) return;
      for (const partition of partitions) partition.startedAtMs += timeline.nowMs() - stoppedAtMs;
      stoppedAtMs = null;
      for (const partition of partitions) newTerm(partition);
    },
    empty() {
      isEmpty = true;
    },
    restore(cuts) {
      if (!isEmpty) throw new Error(NOT_EMPTY);
      for (const partition of partitions) {
        const cut = cuts.find(({ partitionId }) => partitionId === partition.id);
        if (cut === undefined) throw new Error(`the backup has no partition ${partition.id}`);
        partition.startPosition += cut.checkpointPosition - position(partition);
        partition.exported = cut.restoredExporterPosition;
        partition.held = cut.restoredExporterPosition;
        partition.phase = 'EXPORTING';
        partition.buffered = null;
      }
      isEmpty = false;
    },
    onLeaderChange(listener) {
      listeners.push(listener);
    },
  };
}
