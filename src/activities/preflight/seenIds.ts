import type { CallOptions, CamundaClient } from '../../camunda/port.ts';
import type { CutPart } from '../../contract/parts.ts';
import { clusterPrefix } from '../../domain/setKeys.ts';
import type { ObjectStore } from '../../storage/port.ts';

/** Snapshots of all generations: `camunda_operate_1000_8.6.0_part_1_of_6`, `camunda_zeebe_records_backup_1000`. */
const SNAPSHOT_ID =
  /^camunda_(?:operate|tasklist|webapps|optimize|zeebe_records_backup|indices_backup)_(\d+)(?:_|$)/;

/**
 * Every backup id that a part, the repository or a store still shows. Those deleted everywhere leave no trace. The store of
 * the cluster must answer; another one, which it may have used before, counts as far as it does.
 */
export async function collectSeenIds(options: {
  cluster: string;
  camunda: CamundaClient;
  store: ObjectStore;
  otherStores: readonly ObjectStore[];
  parts: readonly CutPart[];
  call: CallOptions;
}): Promise<string[]> {
  const { cluster, camunda, store, otherStores, parts, call } = options;
  const [listed, snapshots, folders, elsewhere] = await Promise.all([
    Promise.all(parts.map((part) => camunda.listBackups(part, call))),
    camunda.searchEngine.listSnapshots('camunda_*', call),
    store.listFolders(clusterPrefix(cluster), call),
    Promise.allSettled(otherStores.map((other) => other.listFolders(clusterPrefix(cluster), call))),
  ]);
  const ids = [
    ...listed.flat().map((backup) => backup.backupId),
    ...snapshots.flatMap((snapshot) => idInSnapshot(snapshot.name) ?? []),
    ...folders,
    ...elsewhere.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : [])),
  ];
  return [...new Set(ids.filter((id) => /^\d+$/.test(id)))];
}

export function idInSnapshot(name: string): string | null {
  return SNAPSHOT_ID.exec(name)?.[1] ?? null;
}
