import { compareIds } from '../domain/backupId.ts';
import { clusterPrefix, isOwnName, REPLICA_FOLDER, RESTORE_FOLDER, setKey } from '../domain/setKeys.ts';
import type { ObjectInfo, ObjectStore } from './port.ts';

/** One set in one store, and what lies in it by name; nothing of it was opened. */
export type SetFolder = {
  store: ObjectStore;
  cluster: string;
  backupId: string;
  objects: ReadonlyMap<string, ObjectInfo>;
};

/** What to look for; nothing given: every set of every cluster. */
export type Wanted = { cluster?: string; backupId?: string };

/** `strangers`: folders and objects beside the sets that are not ours, as keys of the store. */
export type Found = { folders: SetFolder[]; strangers: string[] };

/** Clusters listed at the same time: reading the answers keeps one core busy, and more of them only hold memory. */
const PARALLEL_LISTS = 16;

/**
 * Finds the sets of a store by the names of its objects. A folder without a set is a stranger's and is not looked into: it may
 * hold millions of objects.
 */
export async function findFolders(store: ObjectStore, wanted: Wanted = {}): Promise<Found> {
  const clusters =
    wanted.cluster === undefined ? await store.listFolders('') : [wanted.cluster].filter(isFolderName);
  const found: Found = { folders: [], strangers: [] };
  for (let at = 0; at < clusters.length; at += PARALLEL_LISTS) {
    const some = clusters.slice(at, at + PARALLEL_LISTS);
    for (const { folders, strangers } of await Promise.all(
      some.map((cluster) => listCluster(store, cluster, wanted.backupId)),
    )) {
      found.folders.push(...folders);
      found.strangers.push(...strangers);
    }
  }
  return found;
}

/** Ids of the sets of a cluster, newest first. */
export async function listSetIds(store: ObjectStore, cluster: string): Promise<string[]> {
  const names = isFolderName(cluster) ? await store.listFolders(clusterPrefix(cluster)) : [];
  return names.filter(isId).sort((left, right) => compareIds(right, left));
}

/** The folder of one set; `null` where nothing lies in it. */
export async function openFolder(
  store: ObjectStore,
  cluster: string,
  backupId: string,
): Promise<SetFolder | null> {
  const { folders } = await listBelow(store, cluster, setKey(cluster, backupId, ''));
  return folders[0] ?? null;
}

async function listCluster(
  store: ObjectStore,
  cluster: string,
  backupId: string | undefined,
): Promise<Found> {
  const ids = await listSetIds(store, cluster);
  if (backupId !== undefined) {
    const folder = ids.includes(backupId) ? await openFolder(store, cluster, backupId) : null;
    return { folders: folder === null ? [] : [folder], strangers: [] };
  }
  if (ids.length === 0) return { folders: [], strangers: [clusterPrefix(cluster)] };
  return await listBelow(store, cluster, clusterPrefix(cluster));
}

async function listBelow(store: ObjectStore, cluster: string, prefix: string): Promise<Found> {
  const folders = new Map<string, Map<string, ObjectInfo>>();
  const strangers: string[] = [];
  for await (const info of store.list(prefix)) {
    const [backupId = '', ...rest] = info.key.slice(clusterPrefix(cluster).length).split('/');
    if (backupId === REPLICA_FOLDER || backupId === RESTORE_FOLDER) continue;
    if (!isId(backupId) || rest.length === 0) {
      strangers.push(info.key);
      continue;
    }
    const objects = folders.get(backupId) ?? new Map<string, ObjectInfo>();
    objects.set(rest.join('/'), info);
    folders.set(backupId, objects);
  }
  // Others number their folders too: photos/2026/
  const isOurs = (objects: Map<string, ObjectInfo>) => [...objects.keys()].some(isOwnName);
  const found: Found = { folders: [], strangers };
  for (const [backupId, objects] of folders) {
    if (isOurs(objects)) found.folders.push({ store, cluster, backupId, objects });
    else strangers.push(setKey(cluster, backupId, ''));
  }
  return found;
}

function isId(name: string): boolean {
  return /^\d+$/.test(name);
}

/** What a person typed must not lead out of the store. */
function isFolderName(name: string): boolean {
  return !['', '.', '..'].includes(name) && !name.includes('/');
}
