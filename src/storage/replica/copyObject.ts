import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { SafepointError } from '../../contract/errors.ts';
import { createMeter } from '../meter.ts';
import type { ObjectInfo, ObjectStore } from '../port.ts';

export type CopyOptions = {
  signal?: AbortSignal;
  onBytes?: (sizeBytes: number) => void;
  /** Hex; a source with other bytes has changed. */
  expectedSha256?: string;
};

/** Stores whose etags turned out to be no digests, as under SSE-KMS. */
const withoutDigests = new WeakSet<ObjectStore>();
const MD5 = /^[0-9a-f]{32}$/;

/**
 * Copies one object as it was listed and says what stands in the target then. Size and digest are computed on the way, and
 * nothing appears in the target when they are not those of the source: `SourceChanged` where the source is no longer what was
 * listed, `ReplicaFailed` where a digest differs.
 */
export async function copyObject(
  from: ObjectStore,
  to: ObjectStore,
  listed: ObjectInfo,
  { signal, onBytes, expectedSha256 }: CopyOptions = {},
): Promise<{ sha256: string; target: ObjectInfo }> {
  const { key } = listed;
  const md5 = createHash('md5');
  const digests = { sha256: '', md5: '' };
  const meter = createMeter({
    onChunk(chunk) {
      md5.update(chunk);
      onBytes?.(chunk.length);
    },
    async beforeEnd() {
      digests.sha256 = meter.sha256();
      digests.md5 = md5.digest('hex');
      const isOther =
        meter.sizeBytes !== listed.sizeBytes || (expectedSha256 ?? digests.sha256) !== digests.sha256;
      if (isOther) throw sourceChanged(from, key, 'it has other bytes than were listed');
      await compareWithEtag(from, listed, digests, signal);
    },
  });
  const source = await openSource(from, key, signal);
  const reading = pipeline(source, meter.stream, { signal });
  reading.catch(() => undefined); // the write fails with it
  await to.putStream(key, meter.stream, { signal });
  await reading;

  const target = await to.head(key, { signal });
  if (target?.sizeBytes !== listed.sizeBytes)
    throw new SafepointError(
      'ReplicaFailed',
      `${to.locate(key)} was written with ${listed.sizeBytes} bytes, but has ${target?.sizeBytes ?? 'none'}`,
    );
  await compareWithEtag(to, target, digests, signal);
  return { sha256: digests.sha256, target };
}

/** Hex digest of what the store holds now. */
export async function readDigest(
  store: ObjectStore,
  key: string,
  { signal, onBytes }: Pick<CopyOptions, 'signal' | 'onBytes'> = {},
): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of (await store.getStream(key, { signal })) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    onBytes?.(chunk.length);
  }
  return hash.digest('hex');
}

export function sourceChanged(from: ObjectStore, key: string, what: string): SafepointError {
  return new SafepointError('SourceChanged', `${from.locate(key)} changed while it was copied: ${what}`);
}

async function openSource(from: ObjectStore, key: string, signal: AbortSignal | undefined) {
  try {
    return await from.getStream(key, { signal });
  } catch (error) {
    const isGone = (await from.head(key, { signal }).catch(() => undefined)) === null;
    throw isGone ? sourceChanged(from, key, 'it is gone') : error;
  }
}

/** Where an etag looks like an MD5 but is none, the bytes are read once more, and the store is not asked again. */
async function compareWithEtag(
  store: ObjectStore,
  { key, etag = '' }: ObjectInfo,
  { md5, sha256 }: { md5: string; sha256: string },
  signal: AbortSignal | undefined,
): Promise<void> {
  if (!MD5.test(etag) || etag === md5 || withoutDigests.has(store)) return;
  if ((await readDigest(store, key, { signal })) !== sha256)
    throw new SafepointError(
      'ReplicaFailed',
      `${store.locate(key)} gives other bytes when it is read again; its etag is ${etag}, the MD5 of the copied bytes ${md5}`,
    );
  withoutDigests.add(store);
}
