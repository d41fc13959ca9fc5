import type { World } from './world.ts';

/** What a restore of a set would really lose or invent, in log positions; both 0 in a good set. */
export type Damage = { partitionId: number; lost: number; orphans: number };

/**
 * The truth about a set, from what its snapshots really hold:
 *  lost     records between what the poorest index snapshot holds and the position at which a restored exporter starts
 *  orphans  records in the richest index snapshot beyond the checkpoint of the Zeebe backup
 */
export function damageOf(world: World, backupId: number): Damage[] {
  const zeebe = world.zeebe.find(backupId);
  if (zeebe === undefined) throw new Error(`Zeebe has no backup ${backupId}`);
  const pictures = world.snapshots
    .find(world.settings.repository, '*')
    .filter((it) => it.metadata['backupId'] === backupId || it.name.split('_').includes(String(backupId)));
  return zeebe.pieces.map(({ partitionId, checkpointPosition, restoredExporterPosition }) => {
    const held = pictures.map((picture) => picture.held.get(partitionId) ?? 0);
    return {
      partitionId,
      lost: Math.max(0, restoredExporterPosition - Math.min(restoredExporterPosition, ...held)),
      orphans: Math.max(0, Math.max(0, ...held) - checkpointPosition),
    };
  });
}
