import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ObjectStore } from '../../../src/storage/port.ts';

/** Writes bytes as anybody else would, not knowing of copies. */
export async function put(store: ObjectStore, key: string, bytes: Buffer | string): Promise<void> {
  await store.putStream(key, Readable.from([Buffer.from(bytes)]));
}

/** A backup as Zeebe lays it out; `roots`: of S3 up to 8.8, or of all other stores. */
export async function writeZeebeBackup(
  store: ObjectStore,
  backupId: string,
  { partitions = 2, split = false, statusCode = 'completed' } = {},
): Promise<void> {
  for (let partition = 1; partition <= partitions; partition += 1) {
    const of = `${partition}/${backupId}/0/`;
    const [contents, manifests] = split ? [`contents/${of}`, `manifests/${of}`] : [of, of];
    await put(store, `${contents}segments/raft-partition-partition-${partition}-1.log`, randomBytes(100_000));
    await put(store, `${contents}snapshot/table.sst`, randomBytes(1_000 + partition));
    await put(
      store,
      `${manifests}manifest.json`,
      JSON.stringify({ statusCode, id: { partitionId: partition } }),
    );
  }
}

/** A snapshot repository as OpenSearch leaves it after its `generation`-th write; every call adds a snapshot. */
export async function writeSnapshot(store: ObjectStore, name: string): Promise<number> {
  let generation = -1;
  let snapshots: { name: string }[] = [];
  for await (const { key } of store.list('index-')) {
    generation = Math.max(generation, Number(key.slice('index-'.length)));
    snapshots = (JSON.parse((await store.getObject(key)) ?? '') as { snapshots: { name: string }[] })
      .snapshots;
  }
  const uuid = randomBytes(6).toString('hex');
  await put(store, `indices/${uuid}/0/__${uuid}`, randomBytes(50_000));
  await put(store, `indices/${uuid}/0/snap-${uuid}.dat`, randomBytes(300));
  await put(store, `snap-${uuid}.dat`, randomBytes(400));
  await put(store, `meta-${uuid}.dat`, randomBytes(2_000));
  return await writeIndex(store, generation, [...snapshots, { name }]);
}

export async function writeIndex(
  store: ObjectStore,
  before: number,
  snapshots: { name: string }[],
): Promise<number> {
  const next = before + 1;
  await put(store, `index-${next}`, JSON.stringify({ snapshots }));
  const pointer = Buffer.alloc(8);
  pointer.writeBigInt64BE(BigInt(next));
  await put(store, 'index.latest', pointer);
  if (before >= 0) await store.remove(`index-${before}`);
  return next;
}
