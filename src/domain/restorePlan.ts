import type { Manifest } from '../contract/manifest.ts';
import type { RestorePlan } from '../contract/restore.ts';

/** What a digest covers: all that is done, and nothing that only was seen on the way. */
type Deeds = Pick<
  RestorePlan,
  'cluster' | 'target' | 'backupId' | 'manifest' | 'indices' | 'snapshots' | 'databases' | 'hooks'
>;

/** One text for the same deeds, whoever wrote them down. */
export function deedsOf(plan: Deeds): string {
  const { cluster, target, backupId, manifest, indices, snapshots, databases, hooks } = plan;
  return JSON.stringify([
    cluster,
    target,
    backupId,
    manifest.sha256,
    indices.toSorted(),
    snapshots.map(({ name }) => name),
    databases.map(({ database, source, target: server }) => [database, source.artifact.sha256, server]),
    hooks.map(({ hook, does }) => [hook, does]),
  ]);
}

/**
 * Live indices that stand in the way of a restore: those of the prefixes of the set, and any that a snapshot of it holds.
 * Others in the same search engine are nobody's business.
 */
export function indicesInTheWay(
  { searchEngine: { indexPrefixes, snapshots } }: Pick<Manifest, 'searchEngine'>,
  live: readonly string[],
): string[] {
  const prefixes = Object.values(indexPrefixes);
  const held = new Set(snapshots.flatMap(({ indices }) => indices));
  return live.filter((name) => held.has(name) || prefixes.some((prefix) => name.startsWith(prefix)));
}

/** Snapshots to restore, in the order of the manifest; those without an index are left out. */
export function snapshotsToRestore({
  searchEngine,
}: Pick<Manifest, 'searchEngine'>): RestorePlan['snapshots'] {
  return searchEngine.snapshots
    .filter(({ indices }) => indices.length > 0)
    .map(({ name, part, indices }) => ({ name, part, indices }));
}
