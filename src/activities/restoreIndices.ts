import { cancellationSignal } from '@temporalio/activity';
import type { RestoreEngine, SnapshotContents } from '../camunda/restorePort.ts';
import { SafepointError } from '../contract/errors.ts';
import { drillPrefixOf, isBelowDrillPrefix, isDrillCopy, isDrillPrefix } from '../domain/drillIndices.ts';
import { snapshotLabel } from '../domain/snapshotLabel.ts';
import type { ActivityDeps } from './deps.ts';
import { withHeartbeats } from './heartbeats.ts';
import { awaitSnapshot } from './restore/awaitSnapshot.ts';
import { deleteUntilGone } from './restore/deleteUntilGone.ts';

/** `indices`: exact names, as the manifest lists them. `renamePrefix`: beside them, for a drill. */
export type RestoreSnapshotInput = {
  cluster: string;
  snapshot: string;
  indices: string[];
  renamePrefix?: string;
  stallMs: number; // how long it may make no progress
};

/** In the order of the input, by the names in the snapshot; `documents` and `sizeBytes` of the primary shards. */
export type RestoredSnapshot = {
  snapshot: string;
  indices: { index: string; documents: number; sizeBytes: number }[];
};

/** `left`: below the prefix, and not shown to be a copy, so it was left alone. */
export type RemovedDrillIndices = { removed: string[]; left: string[] };

export function createRestoreIndicesActivities({ camunda }: ActivityDeps) {
  return {
    /**
     * Restores indices of one snapshot and waits until every shard is as in the snapshot. The indices must not be there, unless
     * they come from this very snapshot: then a repeated attempt goes on where one before was. Nothing is deleted or overwritten.
     * Fails with `SnapshotUnusable`, `IndexInTheWay`, `RestoreIncomplete`.
     */
    async restoreSnapshot(input: RestoreSnapshotInput): Promise<RestoredSnapshot> {
      const { searchEngine } = camunda(input.cluster);
      return await withHeartbeats((report) => restore(searchEngine, input, report, cancellationSignal()));
    },

    /** Deletes the copies that a drill has made under its prefix, those of a broken or unfinished restore too. */
    async removeDrillIndices({
      cluster,
      renamePrefix,
    }: {
      cluster: string;
      renamePrefix: string;
    }): Promise<RemovedDrillIndices> {
      if (!isDrillPrefix(cluster, renamePrefix))
        throw new SafepointError(
          'InvalidInput',
          `${renamePrefix} is not the prefix of a drill of ${cluster}`,
        );
      const { searchEngine } = camunda(cluster);
      return await withHeartbeats((report) =>
        remove(searchEngine, { cluster, prefix: renamePrefix }, report),
      );
    },

    /** Deletes what drills of this cluster have left behind. No drill of it may run meanwhile. */
    async sweepDrillIndices({ cluster }: { cluster: string }): Promise<RemovedDrillIndices> {
      const { searchEngine } = camunda(cluster);
      const prefix = drillPrefixOf(cluster);
      return await withHeartbeats((report) => remove(searchEngine, { cluster, prefix }, report));
    },
  };
}

type Report = (details: { progress: string }) => void;

async function restore(
  engine: RestoreEngine & { repository: string },
  { snapshot, indices, renamePrefix = '', stallMs }: RestoreSnapshotInput,
  report: Report,
  signal: AbortSignal,
): Promise<RestoredSnapshot> {
  const label = snapshotLabel(snapshot);
  report({ progress: `${label}: reading the snapshot` });
  const contents = requireUsable(snapshot, indices, await engine.readSnapshot(snapshot, { signal }));
  const wanted = new Set(indices);
  const expected = contents.shards
    .filter(({ index }) => wanted.has(index))
    .map((shard) => ({ ...shard, index: renamePrefix + shard.index }));

  const shards = await awaitSnapshot(engine, {
    label,
    target: { repository: engine.repository, snapshot, expected },
    start: (names) =>
      engine.startRestore(
        {
          snapshot,
          indices: names.map((name) => name.slice(renamePrefix.length)),
          ...(renamePrefix === '' ? {} : { renamePrefix }),
        },
        { signal },
      ),
    stallMs,
    report,
    signal,
  });

  report({ progress: `${label}: counting documents` });
  const counts = await engine.countDocuments(
    indices.map((index) => renamePrefix + index),
    { signal },
  );
  return {
    snapshot,
    indices: counts.map(({ index, documents }) => ({
      index: index.slice(renamePrefix.length),
      documents,
      sizeBytes: shards
        .filter((shard) => shard.index === index)
        .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    })),
  };
}

function requireUsable(
  snapshot: string,
  indices: string[],
  contents: SnapshotContents | null,
): SnapshotContents {
  const refuse = (why: string) =>
    new SafepointError('SnapshotUnusable', `snapshot ${snapshot} ${why}; nothing of it was restored`);
  if (contents === null) throw refuse('is not in the repository');
  const broken = contents.shards.find(({ index, whole }) => !whole && indices.includes(index));
  const where = broken === undefined ? '' : ` (shard ${broken.shard} of ${broken.index})`;
  if (contents.state !== 'SUCCESS' || broken !== undefined)
    throw refuse(`is ${contents.state}, not whole${where}`);
  const missing = indices.find((index) => !contents.indices.includes(index));
  if (missing !== undefined) throw refuse(`has no index ${missing}`);
  return contents;
}

async function remove(
  engine: RestoreEngine,
  { cluster, prefix }: { cluster: string; prefix: string },
  report: Report,
): Promise<RemovedDrillIndices> {
  const signal = cancellationSignal();
  const copies = await engine.listRenamedIndices(prefix, { signal });
  const removed = copies.filter((copy) => isDrillCopy(cluster, copy)).map(({ name }) => name);
  await deleteUntilGone(engine, removed, report, signal);
  const left = await engine.listIndexStates([prefix], { signal });
  const names = left.map(({ name }) => name);
  return { removed, left: names.filter((name) => isBelowDrillPrefix(cluster, name)) };
}
