import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createMeter } from '../storage/meter.ts';
import {
  compare,
  openDump,
  readDump,
  requireNoDifference,
  type RawContent,
  type ReadDumpRequest,
} from './readDump.ts';

/** Reads the stored bytes to the last one and compares their size and digest. Fails as `verifyDump` does. */
export async function verifyStoredBytes({
  store,
  artifact,
  signal,
  onProgress,
}: ReadDumpRequest): Promise<void> {
  const source = await openDump(store, artifact.key, signal);
  const stored = createMeter({ onChunk: () => onProgress?.({ sizeBytes: stored.sizeBytes }) });
  await pipeline(source, stored.stream, createSink());
  signal?.throwIfAborted();
  requireNoDifference(store.locate(artifact.key), compare('stored', stored, artifact));
}

/** Reads a dump back from the store to its last byte and compares it with what was written. Fails as `readDump` does. */
export async function verifyDump(request: ReadDumpRequest): Promise<RawContent> {
  return await readDump(request, [createSink()]);
}

export function createSink(): Writable {
  return new Writable({
    write(_chunk, _encoding, done) {
      done();
    },
  });
}
