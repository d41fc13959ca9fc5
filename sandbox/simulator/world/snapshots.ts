import { randomUUID } from 'node:crypto';
import { globToRegExp } from '../faults/wireFault.ts';
import type { Timeline } from './timeline.ts';

export type SnapshotState = 'IN_PROGRESS' | 'SUCCESS' | 'FAILED' | 'PARTIAL';

export type Snapshot = {
  name: string;
  repository: string;
  uuid: string;
  indices: string[];
  metadata: Record<string, unknown>;
  state: SnapshotState;
  startedAtMs: number;
  endedAtMs: number | null;
  failures: string[];
  /** What the indices held when it began: a snapshot is a picture of its beginning. */
  held: Map<number, number>;
};

/** Repositories and snapshots of the search engine. */
export interface SnapshotStore {
  repositories: Map<string, Record<string, unknown>>;
  start(wanted: Pick<Snapshot, 'name' | 'repository' | 'indices' | 'metadata'>): Snapshot;
  finish(snapshot: Snapshot, state: SnapshotState, failures?: string[]): void;
  remove(snapshot: Snapshot): void;
  /** Snapshots whose name fits one of the patterns, oldest first. */
  find(repository: string, patterns: string): Snapshot[];
  running(): Snapshot[];
}

export function createSnapshotStore(
  repository: string,
  timeline: Timeline,
  held: () => Map<number, number>,
): SnapshotStore {
  let snapshots: Snapshot[] = [];
  const repositories = new Map([
    [repository, { type: 'fs', settings: { location: `/usr/share/snapshots/${repository}` } }],
  ]);
  return {
    repositories,
    start(wanted) {
      const snapshot: Snapshot = {
        ...wanted,
        uuid: randomUUID(),
        state: 'IN_PROGRESS',
        startedAtMs: timeline.nowMs(),
        endedAtMs: null,
        failures: [],
        held: held(),
      };
      snapshots.push(snapshot);
      return snapshot;
    },
    finish(snapshot, state, failures = []) {
      snapshot.state = state;
      snapshot.failures = failures;
      snapshot.endedAtMs = timeline.nowMs();
    },
    remove(snapshot) {
      snapshots = snapshots.filter((it) => it !== snapshot);
    },
    find(wantedRepository, patterns) {
      const globs = patterns.split(',').map((pattern) => globToRegExp(pattern === '_all' ? '*' : pattern));
      return snapshots.filter(
        (it) => it.repository === wantedRepository && globs.some((glob) => glob.test(it.name)),
      );
    },
    running: () => snapshots.filter((it) => it.state === 'IN_PROGRESS'),
  };
}
