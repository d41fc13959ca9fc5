import { compareIds } from '../domain/backupId.ts';
import { messageOf } from '../system/redact.ts';
import { describeFolder, readDocuments, type CatalogEntry, type CatalogSet } from './catalogEntry.ts';
import type { ObjectStore } from './port.ts';
import { findFolders, listSetIds, openFolder, type SetFolder, type Wanted } from './setFolders.ts';

/**
 * A list of all sets. `strangers`: what lies beside them and is not ours, as an operator finds it. `unreadable`: stores that
 * did not answer; what they alone have is missing.
 */
export type CatalogList = {
  entries: CatalogEntry[];
  strangers: { store: string; location: string }[];
  unreadable: { store: string; reason: string }[];
};

/** Sets opened at the same time; each costs up to three small objects. */
const PARALLEL_READS = 16;

/**
 * Every set in the stores, newest first. The stores alone say what there is. Only sets are opened whose names do not tell all:
 * those that failed, those that are partial, and those of versions before 0.4.0. Fails when no store answers.
 */
export async function listCatalog(stores: readonly ObjectStore[], wanted: Wanted = {}): Promise<CatalogList> {
  const list: CatalogList = { entries: [], strangers: [], unreadable: [] };
  const answers = await askEach(stores, async (store) => {
    const { folders, strangers } = await findFolders(store, wanted);
    const entries = await eachOf(folders, async (folder) => (await describeFolder(folder)).entry);
    return {
      entries,
      strangers: strangers.map((key) => ({ store: store.name, location: store.locate(key) })),
    };
  });
  for (const { store, value, reason } of answers) {
    if (value === undefined) list.unreadable.push({ store, reason });
    list.entries.push(...(value?.entries ?? []));
    list.strangers.push(...(value?.strangers ?? []));
  }
  list.entries.sort(newestFirst);
  return list;
}

/** The same sets with their documents, each of them opened; what a store has that does not answer is missing. */
export async function readCatalog(
  stores: readonly ObjectStore[],
  wanted: Wanted = {},
): Promise<CatalogSet[]> {
  const answers = await askEach(stores, async (store) =>
    eachOf((await findFolders(store, wanted)).folders, readDocuments),
  );
  const sets = answers.flatMap(({ value }) => value ?? []);
  return sets.sort((left, right) => newestFirst(left.entry, right.entry));
}

type Answer<T> = { store: string; value?: T; reason: string };

/** One store that is down must not hide what the others have. */
async function askEach<T>(
  stores: readonly ObjectStore[],
  ask: (store: ObjectStore) => Promise<T>,
): Promise<Answer<T>[]> {
  const answers = await Promise.allSettled(stores.map(ask));
  const failures = answers.filter((answer) => answer.status === 'rejected');
  if (failures[0] !== undefined && failures.length === answers.length) throw failures[0].reason;
  return answers.map((answer, at) => ({
    store: stores[at]?.name ?? '',
    ...(answer.status === 'fulfilled'
      ? { value: answer.value, reason: '' }
      : { reason: messageOf(answer.reason) }),
  }));
}

/**
 * The sets of one cluster in one store, newest first, each read when it is asked for: who looks for the last good one stops
 * there, however many there are.
 */
export async function* readNewestSets(store: ObjectStore, cluster: string): AsyncGenerator<CatalogSet> {
  for (const backupId of await listSetIds(store, cluster)) {
    const folder = await openFolder(store, cluster, backupId);
    if (folder !== null) yield await readDocuments(folder);
  }
}

function newestFirst(left: CatalogEntry, right: CatalogEntry): number {
  return compareIds(right.backupId, left.backupId);
}

async function eachOf<T>(folders: SetFolder[], read: (folder: SetFolder) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let at = 0; at < folders.length; at += PARALLEL_READS)
    results.push(...(await Promise.all(folders.slice(at, at + PARALLEL_READS).map(read))));
  return results;
}
