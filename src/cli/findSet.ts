import { SafepointError } from '../contract/errors.ts';
import type { ObjectStore } from '../storage/port.ts';
import { findFolders, type SetFolder } from '../storage/setFolders.ts';

/**
 * The set in every store that has it. The same id in two clusters names two sets. Fails with `InvalidInput` when there is none
 * or when `cluster` is needed, and as a store does that does not answer.
 */
export async function findSet(
  stores: readonly ObjectStore[],
  backupId: string,
  cluster: string | undefined,
): Promise<SetFolder[]> {
  const wanted = cluster === undefined ? { backupId } : { backupId, cluster };
  const found = await Promise.all(stores.map((store) => findFolders(store, wanted)));
  const folders = found.flatMap((each) => each.folders);
  requireOneCluster(
    folders.map((folder) => folder.cluster),
    backupId,
  );
  return folders;
}

export function requireOneCluster(names: readonly string[], backupId: string): void {
  const clusters = [...new Set(names)];
  if (clusters.length === 1) return;
  const message =
    clusters.length === 0
      ? `no set ${backupId} in the stores; \`safepoint list\` shows those that exist`
      : `the id ${backupId} exists in ${clusters.join(' and ')}; choose with --cluster`;
  throw new SafepointError('InvalidInput', message);
}
