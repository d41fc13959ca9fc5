import type { ArmedFaults } from '../faults/faults.ts';
import type { Settings } from '../options.ts';
import { createEngine, type Engine } from './engine.ts';
import { createIndexBackups, type IndexBackups } from './indexBackups.ts';
import { createIndices, type Indices } from './indices.ts';
import { liveIndices, type IndexedPart } from './inventory.ts';
import { createSnapshotStore, type SnapshotStore } from './snapshots.ts';
import { createTimeline, type Timeline } from './timeline.ts';
import { createZeebeBackups, type ZeebeBackups } from './zeebeBackups.ts';

/** The whole state of the simulated installation; endpoints only ask it and change it. */
export type World = {
  settings: Settings;
  faults: ArmedFaults;
  timeline: Timeline;
  engine: Engine;
  zeebe: ZeebeBackups;
  indexed: Map<IndexedPart, IndexBackups>;
  snapshots: SnapshotStore;
  indices: Indices;
  stopping: AbortSignal;
};

export function createWorld(settings: Settings, faults: ArmedFaults, stopping: AbortSignal): World {
  const timeline = createTimeline();
  const engine = createEngine(settings, timeline, faults);
  const snapshots = createSnapshotStore(settings.repository, timeline, () => engine.held());
  const parts = settings.parts.filter((part) => part !== 'zeebe');
  return {
    settings,
    faults,
    timeline,
    engine,
    zeebe: createZeebeBackups(settings, timeline, engine, faults),
    indexed: new Map(
      parts.map((part) => [part, createIndexBackups(part, settings, timeline, snapshots, faults)]),
    ),
    snapshots,
    indices: createIndices(liveIndices(settings), timeline),
    stopping,
  };
}

export function indexedPart(world: World, part: IndexedPart): IndexBackups {
  const found = world.indexed.get(part);
  if (found === undefined)
    throw new Error(`This simulator has no ${part}; profile ${world.settings.profile}`);
  return found;
}
