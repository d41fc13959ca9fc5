import { z } from 'zod';
import { SafepointError } from '../../contract/errors.ts';
import type { ReplicaSet } from '../../contract/replica.ts';
import { partitionOfManifest, zeebePrefixes, zeebeRank } from '../../domain/replica/zeebeKeys.ts';
import type { MirrorOptions } from '../../storage/replica/mirror.ts';
import type { ObjectInfo, ObjectStore } from '../../storage/port.ts';

/** Of Zeebe's manifest.json; 8.6 writes `completed`. */
const ZeebeManifest = z.object({ statusCode: z.string() });

/** Every object of one backup, in one store. */
export async function* listZeebeObjects(
  store: ObjectStore,
  backupId: string,
  signal?: AbortSignal,
): AsyncIterable<ObjectInfo> {
  const prefixes = await zeebePrefixes(backupId, (prefix) => store.listFolders(prefix, { signal }));
  for (const prefix of prefixes) yield* store.list(prefix, { signal });
}

/** What to mirror. Fails with `ReplicaRefused` when the source does not hold a completed backup of every partition. */
export async function prepareZeebe(
  from: ObjectStore,
  { backupId, partitionCount }: ReplicaSet,
  signal: AbortSignal,
): Promise<Pick<MirrorOptions, 'list' | 'rank'>> {
  const completed = new Set<number>();
  for await (const { key } of listZeebeObjects(from, backupId, signal)) {
    const partition = partitionOfManifest(key);
    if (partition !== null && (await isCompleted(from, key, signal))) completed.add(partition);
  }
  const partitions = Array.from({ length: partitionCount }, (_, index) => index + 1);
  const missing = partitions.filter((partition) => !completed.has(partition));
  if (missing.length > 0)
    throw new SafepointError(
      'ReplicaRefused',
      `${from.locate('')} holds no completed backup ${backupId} of partition ${missing.join(', ')} of ${partitionCount}; does store ${from.name} point at the base path of Zeebe's backup store?`,
    );
  return {
    list: (store, listSignal) => listZeebeObjects(store, backupId, listSignal),
    rank: zeebeRank,
  };
}

async function isCompleted(from: ObjectStore, key: string, signal: AbortSignal): Promise<boolean> {
  try {
    const text = await from.getObject(key, { signal });
    return ZeebeManifest.parse(JSON.parse(text ?? '')).statusCode.toUpperCase() === 'COMPLETED';
  } catch (error) {
    if (error instanceof SafepointError) throw error;
    signal.throwIfAborted();
    return false; // not of Zeebe, or of a form that nobody knows: not a completed backup to us
  }
}
