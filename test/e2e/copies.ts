import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { callJsonOk } from '../../sandbox/stack/http.ts';
import type { OpenSearch } from '../../sandbox/stack/opensearch.ts';
import type { Manifest } from '../../src/contract/manifest.ts';
import type { ObjectStore } from '../../src/storage/port.ts';

export async function digestOf(store: ObjectStore, key: string): Promise<string> {
  return createHash('sha256')
    .update(await buffer(await store.getStream(key)))
    .digest('hex');
}

/** As another cluster must register a copy: to read from it alone. */
export async function registerCopy({ url, copiesDir }: OpenSearch, name: string): Promise<void> {
  const settings = { location: copiesDir, readonly: true };
  await callJsonOk('PUT', `${url}/_snapshot/${name}?verify=false`, { type: 'fs', settings });
}

const Restored = z.object({
  snapshot: z.object({
    indices: z.array(z.string()),
    shards: z.object({ total: z.number(), failed: z.number() }),
  }),
});
const Count = z.object({ count: z.number() });

/** Restores the exported records of the set beside the live ones, counts them, and takes them away again. */
export async function restoreRecords(
  openSearch: OpenSearch,
  repository: string,
  { searchEngine }: Manifest,
): Promise<{ indices: string[]; documents: number }> {
  const { url } = openSearch;
  const snapshot = searchEngine.snapshots.find(({ part }) => part === 'zeebe-records')?.name ?? '';
  const answer = await callJsonOk(
    'POST',
    `${url}/_snapshot/${repository}/${snapshot}/_restore?wait_for_completion=true`,
    {
      include_global_state: false,
      include_aliases: false,
      rename_pattern: '(.+)',
      rename_replacement: 'restored-$1',
    },
  );
  const { indices, shards } = Restored.parse(answer).snapshot;
  if (shards.failed > 0) throw new Error(`${shards.failed} of ${shards.total} shards of ${snapshot} failed`);
  const { count } = Count.parse(await callJsonOk('GET', `${url}/restored-*/_count`));
  await openSearch.deleteIndices(['restored-*']);
  return { indices: indices.sort(), documents: count };
}
