import { compareIds } from '../domain/backupId.ts';
import { clusterPrefix, isOwnName, REPLICA_FOLDER, setKey } from '../domain/setKeys.ts';
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
/** One answer of a store. Of a folder that shows no set in so many objects the names of its folders are asked for, before it is read on. */
const FIRST_OBJECTS = 1000;

/**
 * Finds the sets of a store by the names of its objects. A folder without a set is a stranger's and is looked into for one
 * answer only: it may hold millions of objects.
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
  const found = await listBelow(store, cluster, setKey(cluster, backupId, ''));
  return found?.folders[0] ?? null;
}

async function listCluster(
  store: ObjectStore,
  cluster: string,
  backupId: string | undefined,
): Promise<Found> {
  const prefix = clusterPrefix(cluster);
  if (backupId === undefined)
    return (await listBelow(store, cluster, prefix)) ?? { folders: [], strangers: [prefix] };
  const ids = await listSetIds(store, cluster);
  const folder = ids.includes(backupId) ? await openFolder(store, cluster, backupId) : null;
  return { folders: folder === null ? [] : [folder], strangers: [] };
}

/** `null` where no folder has the name of a set. */
async function listBelow(store: ObjectStore, cluster: string, prefix: string): Promise<Found | null> {
  const folders = new Map<string, Map<string, ObjectInfo>>();
  const strangers: string[] = [];
  let seen = 0;
  for await (const info of store.list(prefix)) {
    seen += 1;
    const showsNone = seen === FIRST_OBJECTS && folders.size === 0;
    if (showsNone && (await listSetIds(store, cluster)).length === 0) return null;
    const [backupId = '', ...rest] = info.key.slice(clusterPrefix(cluster).length).split('/');
    if (backupId === REPLICA_FOLDER) continue;
    if (!isId(backupId) || rest.length === 0) {
      strangers.push(info.key);
      continue;
    }
    const objects = folders.get(backupId) ?? new Map<string, ObjectInfo>();
    objects.set(rest.join('/'), info);
    folders.set(backupId, objects);
  }
  if (folders.size === 0) return null;
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
