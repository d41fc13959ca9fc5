import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { SafepointError } from '../../contract/errors.ts';
import type { ReplicaSet } from '../../contract/replica.ts';
import {
  belongsToRepository,
  generationOf,
  INDEX_LATEST,
  newestGeneration,
  repositoryRank,
} from '../../domain/replica/repositoryKeys.ts';
import type { MirrorOptions } from '../../storage/replica/mirror.ts';
import { sourceChanged } from '../../storage/replica/copyObject.ts';
import type { ObjectInfo, ObjectStore } from '../../storage/port.ts';
import { findWriter, type IdleDeps } from './idle.ts';

/** `index-N`, as far as a copy needs it. */
const RepositoryIndex = z.object({ snapshots: z.array(z.object({ name: z.string() })) });

/** Ten thousand snapshots of a large cluster have some 100 MB. */
const LARGEST_INDEX_BYTES = 256 * 1024 * 1024;

type Prepared = Pick<MirrorOptions, 'list' | 'rank' | 'expected' | 'beforeFinish'> & { generation: number };

/**
 * What to mirror: the repository as it is at this moment. Fails with `ReplicaRefused` when the source is not the repository that the set
 * lies in, or somebody else has written to the target.
 */
export async function prepareSnapshots(
  { from, to, knownKeys }: { from: ObjectStore; to: ObjectStore; knownKeys: ReadonlyMap<string, unknown> },
  set: ReplicaSet,
  idle: IdleDeps & { cluster: string },
  signal: AbortSignal,
): Promise<Prepared> {
  const generation = await readGeneration(from, signal);
  if (generation === null)
    throw new SafepointError(
      'ReplicaRefused',
      `${from.locate('')} is no snapshot repository: it has no index-N; does store ${from.name} point at its base path?`,
    );
  const expected = await readPointers(from, generation, set, signal);
  await refuseForeignTarget(to, generation, knownKeys, signal);
  return {
    generation,
    expected,
    list: listRepository,
    rank: repositoryRank,
    async beforeFinish() {
      const now = await readGeneration(from, signal);
      if (now !== generation) throw sourceChanged(from, `index-${generation}`, `now there is index-${now}`);
      const writer = await findWriter(idle, idle.cluster);
      if (writer !== null) throw sourceChanged(from, '', writer);
    },
  };
}

async function* listRepository(store: ObjectStore, signal?: AbortSignal): AsyncIterable<ObjectInfo> {
  for await (const info of store.list('', { signal })) if (belongsToRepository(info.key)) yield info;
}

async function readGeneration(store: ObjectStore, signal: AbortSignal): Promise<number | null> {
  const keys: string[] = [];
  for await (const { key } of store.list('index-', { signal })) keys.push(key);
  return newestGeneration(keys);
}

/** Digests of `index-N` and `index.latest`, the two that are written last; on the way, whether the snapshots of the set are in. */
async function readPointers(
  from: ObjectStore,
  generation: number,
  { snapshots, backupId }: ReplicaSet,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const key = `index-${generation}`;
  const { sizeBytes = 0 } = (await from.head(key, { signal })) ?? {};
  if (sizeBytes > LARGEST_INDEX_BYTES)
    throw new SafepointError(
      'ReplicaRefused',
      `${from.locate(key)} has ${sizeBytes} bytes, too many for a list of snapshots`,
    );
  const bytes = await buffer(await from.getStream(key, { signal }));
  const names = new Set(parseIndex(bytes)?.snapshots.map(({ name }) => name));
  const missing = snapshots.filter((name) => !names.has(name));
  if (missing.length > 0)
    throw new SafepointError(
      'ReplicaRefused',
      `${from.locate(key)} does not list ${missing.length} of ${snapshots.length} snapshots of set ${backupId}, such as ${missing[0]}; is store ${from.name} the repository of this cluster?`,
    );
  const expected = new Map([[key, sha256(bytes)]]);
  if ((await from.head(INDEX_LATEST, { signal })) !== null) {
    const latest = await buffer(await from.getStream(INDEX_LATEST, { signal }));
    if (latest.length !== 8 || latest.readBigInt64BE() !== BigInt(generation))
      throw sourceChanged(from, INDEX_LATEST, `it does not point at ${key}`);
    expected.set(INDEX_LATEST, sha256(latest));
  }
  return expected;
}

/** A newer list of snapshots that we did not copy there is one that a cluster wrote. */
async function refuseForeignTarget(
  to: ObjectStore,
  generation: number,
  knownKeys: ReadonlyMap<string, unknown>,
  signal: AbortSignal,
): Promise<void> {
  for await (const { key } of to.list('index-', { signal })) {
    if ((generationOf(key) ?? -1) <= generation || knownKeys.has(key)) continue;
    throw new SafepointError(
      'ReplicaRefused',
      `${to.locate(key)} was not copied there and is newer than index-${generation} of the source: another cluster writes to the target; empty it or give another one`,
    );
  }
}

function parseIndex(bytes: Buffer): z.infer<typeof RepositoryIndex> | undefined {
  try {
    return RepositoryIndex.safeParse(JSON.parse(bytes.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
