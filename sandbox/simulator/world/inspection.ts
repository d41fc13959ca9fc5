import type { SimulatedPart } from '../options.ts';
import type { ExporterPhase } from './partition.ts';
import { damageOf, type Damage } from './truth.ts';
import { indexedPart, type World } from './world.ts';

export type PartitionState = {
  partitionId: number;
  phase: ExporterPhase;
  leader: number; // broker id
  processedPosition: number;
  exportedPosition: number; // as reported
  heldPosition: number; // everything up to here is in the indices
};

/** What tests may know about the installation beyond what it answers. */
export interface Inspection {
  /** Ids that the part still has, oldest first. */
  backupIds(part: SimulatedPart): number[];
  /** How many backups were accepted, however they ended. */
  triggerCount(part: SimulatedPart): number;
  exporting(): PartitionState[];
  snapshotNames(): string[];
  liveIndices(): string[];
  /** What a restore of this set would lose or invent. */
  damage(backupId: number): Damage[];
}

export function inspect(world: World): Inspection {
  const now = () => {
    world.timeline.advance();
    return world;
  };
  return {
    backupIds: (part) =>
      part === 'zeebe'
        ? now()
            .zeebe.all()
            .map((it) => it.id)
        : indexedPart(now(), part).ids(),
    triggerCount: (part) =>
      part === 'zeebe' ? world.zeebe.triggered() : indexedPart(world, part).triggered(),
    exporting: () =>
      now().engine.partitions.map((partition) => ({
        partitionId: partition.id,
        phase: world.engine.phase(partition),
        leader: partition.leader,
        processedPosition: world.engine.position(partition),
        exportedPosition: partition.exported,
        heldPosition: partition.held,
      })),
    snapshotNames: () =>
      now()
        .snapshots.find(world.settings.repository, '*')
        .map((it) => it.name),
    liveIndices: () => now().indices.names(),
    damage: (backupId) => damageOf(now(), backupId),
  };
}
