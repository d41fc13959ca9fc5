import { PassThrough, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { StoredArtifact } from '../contract/backup.ts';
import { SafepointError } from '../contract/errors.ts';
import { ageDecryption, DamagedFile, WrongIdentity } from '../storage/age.ts';
import { createMeter, type Meter } from '../storage/meter.ts';
import type { ObjectStore } from '../storage/port.ts';
import { startDecompression } from '../storage/zstd.ts';
import { createTrailerWatch } from './trailer.ts';

export type VerifyDumpRequest = {
  store: ObjectStore;
  artifact: StoredArtifact;
  /** Private keys of age, where the dump is encrypted. */
  identities?: readonly string[];
  signal?: AbortSignal;
  /** Called for every chunk read from the store. */
  onProgress?: (progress: { sizeBytes: number }) => void;
};

/** Reads the stored bytes to the last one and compares their size and digest. Fails as `verifyDump` does. */
export async function verifyStoredBytes({
  store,
  artifact,
  signal,
  onProgress,
}: VerifyDumpRequest): Promise<void> {
  const source = await openDump(store, artifact.key, signal);
  const stored = createMeter({ onChunk: () => onProgress?.({ sizeBytes: stored.sizeBytes }) });
  await pipeline(source, stored.stream, createSink());
  signal?.throwIfAborted();
  requireNoDifference(store.locate(artifact.key), compare('stored', stored, artifact));
}

/**
 * Reads a dump back from the store to its last byte and compares it with what was written: size, digest, and the same after
 * decryption and decompression, with the trailer of a whole dump. Fails with `DumpFailed` naming all that differs, with
 * `WrongIdentity` when no key fits, and with what the store fails with or the reason of the signal.
 */
export async function verifyDump(request: VerifyDumpRequest): Promise<void> {
  const { store, artifact, identities = [], signal, onProgress } = request;
  const { encryption } = artifact;
  const source = await openDump(store, artifact.key, signal);
  const decryption = encryption === undefined ? new PassThrough() : ageDecryption(identities);
  const decompression = startDecompression();
  const trailer = createTrailerWatch();
  const stored = createMeter({ onChunk: () => onProgress?.({ sizeBytes: stored.sizeBytes }) });
  const compressed = createMeter();
  const raw = createMeter({
    onChunk: (chunk) => {
      trailer.add(chunk);
    },
  });
  let storeFailure: SafepointError | undefined;
  source.once('error', (error) => {
    if (error instanceof SafepointError) storeFailure = error; // anything else comes from behind it
  });
  let undecryptable: Error | undefined;
  decryption.once('error', (error) => {
    if (error instanceof DamagedFile || error instanceof WrongIdentity) undecryptable = error;
  });
  try {
    await Promise.allSettled([
      pipeline(source, stored.stream, decryption, compressed.stream, decompression.input),
      pipeline(decompression.output, raw.stream, createSink()),
    ]);
    signal?.throwIfAborted();
    if (storeFailure !== undefined) throw storeFailure;
    if (undecryptable instanceof WrongIdentity) throw undecryptable;
    const end = await decompression.ended;
    const differences = [
      ...compare('stored', stored, artifact),
      ...(encryption === undefined ? [] : compare('decrypted', compressed, encryption)),
      ...compare('uncompressed', raw, { sizeBytes: artifact.rawSizeBytes, sha256: artifact.rawSha256 }),
      ...(trailer.seen() ? [] : ['the trailer of pg_dumpall is missing']),
    ];
    requireNoDifference(
      store.locate(artifact.key),
      undecryptable !== undefined
        ? [`cannot be decrypted: ${undecryptable.message}`]
        : end.ok
          ? differences
          : [`cannot be decompressed: zstd ended with ${end.reason}`],
    );
  } finally {
    source.destroy();
    await decompression.stop();
  }
}

async function openDump(store: ObjectStore, key: string, signal: AbortSignal | undefined) {
  // The store answers, and has lost it: nothing that a further try could bring back.
  if ((await store.head(key, { signal })) === null)
    throw new SafepointError('DumpFailed', `${store.locate(key)} is gone`);
  return await store.getStream(key, { signal });
}

function requireNoDifference(location: string, differences: string[]): void {
  if (differences.length > 0)
    throw new SafepointError('DumpFailed', `${location} is damaged: ${differences.join('; ')}`);
}

function createSink(): Writable {
  return new Writable({
    write(_chunk, _encoding, done) {
      done();
    },
  });
}

function compare(what: string, meter: Meter, written: { sizeBytes: number; sha256: string }): string[] {
  if (meter.sizeBytes !== written.sizeBytes)
    return [`${what} size is ${meter.sizeBytes} bytes instead of ${written.sizeBytes}`];
  const digest = meter.sha256();
  return digest === written.sha256 ? [] : [`${what} sha256 is ${digest} instead of ${written.sha256}`];
}
