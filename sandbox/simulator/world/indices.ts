import type { Timeline } from './timeline.ts';

/** Every simulated index has one primary shard, without replicas, of this content. */
export const SHARD_CONTENT = { files: 4, sizeBytes: 20_000, documents: 100 };

/** An index, made here or restored from a snapshot. */
export type SimulatedIndex = {
  name: string;
  providedName: string; // under which it was made: a restore under another name keeps it
  createdAtMs: number;
  alias: string | null;
  origin: { repository: string; snapshot: string } | null; // null: made here
  startsAtMs: number; // when its shard is there
  failure: string | null; // why its shard never will be
};

/** The indices that are there now. */
export interface Indices {
  all(): SimulatedIndex[]; // by name
  names(): string[];
  find(name: string): SimulatedIndex | undefined;
  isStarted(index: SimulatedIndex): boolean;
  remove(name: string): void;
  add(index: Pick<SimulatedIndex, 'name'> & Partial<SimulatedIndex>): void;
}

export function createIndices(names: string[], timeline: Timeline): Indices {
  const indices = new Map<string, SimulatedIndex>();
  const add: Indices['add'] = (index) => {
    const now = timeline.nowMs();
    indices.set(index.name, {
      providedName: index.name,
      createdAtMs: now,
      alias: aliasOf(index.name),
      origin: null,
      startsAtMs: now,
      failure: null,
      ...index,
    });
  };
  for (const name of names) add({ name });
  const all = () => [...indices.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    all,
    names: () => all().map(({ name }) => name),
    find: (name) => indices.get(name),
    isStarted: ({ failure, startsAtMs }) => failure === null && startsAtMs <= timeline.nowMs(),
    remove: (name) => {
      indices.delete(name);
    },
    add,
  };
}

/** As the web applications and the exporter call them: `operate-event-8.3.0_alias`, `zeebe-record-job`. */
export function aliasOf(name: string): string {
  const [, type] = /^zeebe-record_([a-z-]+)_/.exec(name) ?? [];
  return type === undefined ? `${name}alias` : `zeebe-record-${type}`;
}
