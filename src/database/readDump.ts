import { PassThrough, type Readable, type Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { DumpedArtifact, StoredArtifact } from '../contract/backup.ts';
import { SafepointError } from '../contract/errors.ts';
import { ageDecryption, DamagedFile, WrongIdentity } from '../storage/age.ts';
import { createMeter, type Meter } from '../storage/meter.ts';
import type { ObjectStore } from '../storage/port.ts';
import { startDecompression } from '../storage/zstd.ts';
import { createTrailerWatch } from './trailer.ts';

export type ReadDumpRequest = {
  store: ObjectStore;
  artifact: DumpedArtifact;
  /** Private keys of age, where the dump is encrypted. */
  identities?: readonly string[];
  signal?: AbortSignal;
  /** Called for every chunk read from the store. */
  onProgress?: (progress: { sizeBytes: number }) => void;
};

/** A dump as pg_dumpall wrote it. */
export type RawContent = Pick<StoredArtifact, 'rawSizeBytes' | 'rawSha256'>;

/**
 * Streams a dump from the store to its last byte, with constant memory, and sends its SQL through `into`. Size and digest are compared
 * with what was written: as stored, decrypted and, where that is known, uncompressed, with the trailer of a whole dump. Gives what
 * it is uncompressed. `into` sees its end only after all of that was good. Fails with `DumpFailed` naming all that differs, with `WrongIdentity` when no key fits, with the error
 * of the catalogue that `into` fails with, with what the store fails with, and with the reason of the signal.
 */
export async function readDump(
  request: ReadDumpRequest,
  into: readonly (Transform | Writable)[],
): Promise<RawContent> {
  const { store, artifact, identities = [], signal, onProgress } = request;
  const { encryption, rawSizeBytes, rawSha256 } = artifact;
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
    beforeEnd: () => judgeOnce(),
  });
  const faults: { store?: SafepointError; age?: Error; into?: SafepointError } = {};
  source.once('error', (error) => {
    if (error instanceof SafepointError) faults.store = error; // anything else comes from behind it
  });
  decryption.once('error', (error) => {
    if (error instanceof DamagedFile || error instanceof WrongIdentity) faults.age = error;
  });
  for (const stream of into)
    stream.once('error', (error) => {
      if (error instanceof SafepointError) faults.into ??= error; // anything else comes from before it
    });
  let judged: Promise<void> | undefined;
  const judgeOnce = () => (judged ??= judge());

  async function judge(): Promise<void> {
    const end = await decompression.ended;
    signal?.throwIfAborted();
    if (faults.store !== undefined) throw faults.store;
    if (faults.age instanceof WrongIdentity) throw faults.age;
    const differences = [
      ...compare('stored', stored, artifact),
      ...(encryption === undefined ? [] : compare('decrypted', compressed, encryption)),
      ...(rawSizeBytes === undefined || rawSha256 === undefined
        ? []
        : compare('uncompressed', raw, { sizeBytes: rawSizeBytes, sha256: rawSha256 })),
      ...(trailer.seen() ? [] : ['the trailer of pg_dumpall is missing']),
    ];
    requireNoDifference(
      store.locate(artifact.key),
      faults.age !== undefined
        ? [`cannot be decrypted: ${faults.age.message}`]
        : end.ok
          ? differences
          : [`cannot be decompressed: zstd ended with ${end.reason}`],
    );
  }

  const stop = () => {
    source.destroy();
    into.at(-1)?.destroy(new Error('stopped')); // it may be at work long after the last byte
  };
  signal?.addEventListener('abort', stop, { once: true });
  try {
    await Promise.allSettled([
      pipeline(source, stored.stream, decryption, compressed.stream, decompression.input),
      pipeline([decompression.output, raw.stream, ...into]),
    ]);
    signal?.throwIfAborted();
    if (judged === undefined && faults.into !== undefined) throw faults.into;
    await judgeOnce();
    if (faults.into !== undefined) throw faults.into;
    return { rawSizeBytes: raw.sizeBytes, rawSha256: raw.sha256() };
  } finally {
    signal?.removeEventListener('abort', stop);
    source.destroy();
    await decompression.stop();
  }
}

/** Fails with `DumpFailed` where the store answers and does not have it, which no further try could bring back. */
export async function openDump(
  store: ObjectStore,
  key: string,
  signal: AbortSignal | undefined,
): Promise<Readable> {
  if ((await store.head(key, { signal })) === null)
    throw new SafepointError('DumpFailed', `${store.locate(key)} is gone`);
  return await store.getStream(key, { signal });
}

export function requireNoDifference(location: string, differences: string[]): void {
  if (differences.length > 0)
    throw new SafepointError('DumpFailed', `${location} is damaged: ${differences.join('; ')}`);
}

export function compare(
  what: string,
  meter: Meter,
  written: { sizeBytes: number; sha256: string },
): string[] {
  if (meter.sizeBytes !== written.sizeBytes)
    return [`${what} size is ${meter.sizeBytes} bytes instead of ${written.sizeBytes}`];
  const digest = meter.sha256();
  return digest === written.sha256 ? [] : [`${what} sha256 is ${digest} instead of ${written.sha256}`];
}
