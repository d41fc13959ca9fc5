import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { StoredArtifact } from '../contract/backup.ts';
import { SafepointError } from '../contract/errors.ts';
import type { Finding } from '../contract/preflight.ts';
import { createMeter, type Meter } from '../storage/meter.ts';
import type { ObjectStore } from '../storage/port.ts';
import { startDecompression } from '../storage/zstd.ts';
import { createTrailerWatch } from './trailer.ts';

export type VerifyDumpRequest = {
  store: ObjectStore;
  artifact: StoredArtifact;
  signal?: AbortSignal;
  /** Called for every chunk read from the store. */
  onProgress?: (progress: { sizeBytes: number }) => void;
};

/**
 * Reads a dump back from the store to its last byte and compares it with what was written: size, digest, and the same after
 * decompression, with the trailer of a whole dump. Fails with `DumpFailed` naming all that differs, and with what the store
 * fails with or the reason of the signal.
 */
export async function verifyDump(request: VerifyDumpRequest): Promise<Finding> {
  const { store, artifact, signal, onProgress } = request;
  const location = store.locate(artifact.key);
  // The store answers, and has lost it: nothing that a further try could bring back.
  if ((await store.head(artifact.key, { signal })) === null)
    throw new SafepointError('DumpFailed', `${location} is gone`);
  const source = await store.getStream(artifact.key, { signal });
  const decompression = startDecompression();
  const trailer = createTrailerWatch();
  const stored = createMeter({ onChunk: () => onProgress?.({ sizeBytes: stored.sizeBytes }) });
  const raw = createMeter({
    onChunk: (chunk) => {
      trailer.add(chunk);
    },
  });
  let storeFailure: SafepointError | undefined;
  source.once('error', (error) => {
    if (error instanceof SafepointError) storeFailure = error; // anything else comes from behind it
  });
  try {
    await Promise.allSettled([
      pipeline(source, stored.stream, decompression.input),
      pipeline(decompression.output, raw.stream, createSink()),
    ]);
    signal?.throwIfAborted();
    if (storeFailure !== undefined) throw storeFailure;
    const end = await decompression.ended;
    const differences = end.ok
      ? [
          ...compare('stored', stored, artifact.sizeBytes, artifact.sha256),
          ...compare('uncompressed', raw, artifact.rawSizeBytes, artifact.rawSha256),
          ...(trailer.seen() ? [] : ['the trailer of pg_dumpall is missing']),
        ]
      : [`cannot be decompressed: zstd ended with ${end.reason}`];
    if (differences.length > 0)
      throw new SafepointError('DumpFailed', `${location} is damaged: ${differences.join('; ')}`);
    return toFinding(artifact, location);
  } finally {
    source.destroy();
    await decompression.stop();
  }
}

function createSink(): Writable {
  return new Writable({
    write(_chunk, _encoding, done) {
      done();
    },
  });
}

function compare(what: string, meter: Meter, sizeBytes: number, sha256: string): string[] {
  if (meter.sizeBytes !== sizeBytes)
    return [`${what} size is ${meter.sizeBytes} bytes instead of ${sizeBytes}`];
  const digest = meter.sha256();
  return digest === sha256 ? [] : [`${what} sha256 is ${digest} instead of ${sha256}`];
}

function toFinding(artifact: StoredArtifact, location: string): Finding {
  return {
    check: `dump.${artifact.database}`,
    ok: true,
    severity: 'error',
    seen: `${location}: size and sha256 as written, decompressed to its trailer`,
  };
}
