import type { ArmedFaults } from '../faults/faults.ts';
import type { Settings } from '../options.ts';
import { indexPlan, type IndexedPart } from './inventory.ts';
import { settleCourse } from './partFaults.ts';
import type { Snapshot, SnapshotStore } from './snapshots.ts';
import type { Timeline } from './timeline.ts';

/** The queue of one backup, in the memory of one process. */
export type Chain = {
  id: number;
  names: string[];
  triggeredAtMs: number;
  endsAtMs: number; // as planned
  started: number; // snapshots begun
  alive: boolean;
  asked: number; // GETs of this id so far
  toldIncomplete: boolean; // the INCOMPLETE between two snapshots was shown
  toldState?: 'COMPLETED' | 'INCOMPLETE'; // instead of what the snapshots say, once the chain has ended
};

/** Backups that a component makes in the search engine, one snapshot after another. */
export interface IndexBackups {
  part: IndexedPart;
  pieceCount: number;
  chain(id: number): Chain | undefined;
  /** Snapshots of a backup, oldest first; they alone say whether it exists. */
  snapshots(id: number): Snapshot[];
  ids(): number[];
  /** Whether a snapshot still waits in the queue; the last one no longer does (camunda#50306). */
  isBusy(): boolean;
  triggered(): number;
  trigger(id: number): string[];
  /** Answered before it is done. */
  remove(id: number): void;
  /** The queue is lost; a snapshot that runs is finished by the search engine. */
  restart(): void;
}

const pauseShare = 0.2; // of the time of a snapshot, before it begins
const mostDeleteMs = 1500;

export function createIndexBackups(
  part: IndexedPart,
  settings: Settings,
  timeline: Timeline,
  store: SnapshotStore,
  faults: ArmedFaults,
): IndexBackups {
  const plan = indexPlan(part);
  const chains: Chain[] = [];
  let triggered = 0;
  const { repository } = settings;
  const prefix = part === 'webapps' ? 'camunda_webapps' : `camunda_${part}`;
  const snapshots = (id: number) => store.find(repository, `${prefix}_${id}_*`);

  function trigger(id: number): string[] {
    triggered += 1;
    const names = plan.map((_, i) => `${prefix}_${id}_${settings.version}_part_${i + 1}_of_${plan.length}`);
    const course = settleCourse(faults, part, plan.length);
    const chain: Chain = {
      id,
      names,
      triggeredAtMs: timeline.nowMs(),
      endsAtMs: timeline.nowMs() + settings.partMs,
      started: 0,
      alive: !course.never,
      asked: 0,
      toldIncomplete: false,
    };
    if (course.notWhole || course.missing) chain.toldState = 'COMPLETED';
    if (course.stays === 'INCOMPLETE') chain.toldState = 'INCOMPLETE';
    chains.push(chain);
    const planned = plan.map((indices, index) => ({ name: names[index] ?? '', indices }));
    if (course.tooMany) {
      const name = `${prefix}_${id}_${settings.version}_part_${plan.length + 1}_of_${plan.length}`;
      planned.push({ name, indices: [] });
    }
    const slotMs = settings.partMs / planned.length;

    const runFrom = (index: number, atMs: number): void => {
      const piece = planned[index];
      const isLast = index === planned.length - 1;
      if (piece === undefined || (isLast && (course.missing || course.stays === 'INCOMPLETE'))) return;
      timeline.at(atMs + slotMs * pauseShare, () => {
        if (!chain.alive) return;
        chain.started += 1;
        const indices = piece.indices.filter((name) => !course.leftOut.includes(name));
        const metadata = {
          backupId: id,
          version: settings.version,
          partNo: index + 1,
          partCount: plan.length,
        };
        const snapshot = store.start({ name: piece.name, repository, indices, metadata });
        if (isLast && course.stays === 'IN_PROGRESS') return;
        timeline.at(atMs + slotMs, () => {
          if (course.failure?.piece === index) {
            store.finish(snapshot, 'FAILED', [course.failure.reason]);
            chain.alive = false;
            return;
          }
          store.finish(snapshot, isLast && course.notWhole ? 'PARTIAL' : 'SUCCESS');
          runFrom(index + 1, atMs + slotMs);
        });
      });
    };
    runFrom(0, chain.triggeredAtMs);
    return names;
  }

  return {
    part,
    pieceCount: plan.length,
    chain: (id) => chains.findLast((chain) => chain.id === id),
    snapshots,
    ids: () => [
      ...new Set(store.find(repository, `${prefix}_*`).map((it) => Number(it.metadata['backupId']))),
    ],
    isBusy: () =>
      chains.some((chain) => chain.alive && chain.started < plan.length - (chain.toldState ? 1 : 0)),
    triggered: () => triggered,
    trigger,
    remove(id) {
      if (faults.strike('deleteDoesNothing', (it) => it.part === part)) return;
      timeline.at(timeline.nowMs() + Math.min(mostDeleteMs, 5 * settings.partMs), () => {
        for (const snapshot of snapshots(id)) store.remove(snapshot);
      });
    },
    restart() {
      for (const chain of chains) chain.alive = false;
    },
  };
}
