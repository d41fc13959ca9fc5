/**
 * A snapshot repository of Elasticsearch or OpenSearch below its base path, as seen on a real OpenSearch 2.19: `index-N` lists all
 * snapshots and is written anew by each of them, `index.latest` holds N in eight bytes, all else has a name that is used once.
 */
export const INDEX_LATEST = 'index.latest';
const GENERATION = /^index-(\d+)$/;

/** Left out: what the nodes write to try the repository, and files that a node has not finished. */
const PASSING = /^tests-|(?:^|\/)pending-/;

export function belongsToRepository(key: string): boolean {
  return !PASSING.test(key);
}

/** N of `index-N`; `null` for any other object. */
export function generationOf(key: string): number | null {
  const generation = GENERATION.exec(key)?.[1];
  return generation === undefined ? null : Number(generation);
}

/** Data, then the list of snapshots, then the pointer to it: at no moment does the copy name what it does not have. */
export function repositoryRank(key: string): number {
  if (key === INDEX_LATEST) return 2;
  return generationOf(key) === null ? 0 : 1;
}

/** The highest `index-N`, which is the one that counts; `null` where there is none. */
export function newestGeneration(keys: Iterable<string>): number | null {
  let newest: number | null = null;
  for (const key of keys) {
    const generation = generationOf(key);
    if (generation !== null && generation > (newest ?? -1)) newest = generation;
  }
  return newest;
}
