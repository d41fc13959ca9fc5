import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';

/** Passes bytes through and keeps their number and digest. */
export interface Meter {
  readonly stream: Transform;
  readonly sizeBytes: number;
  /** Hex; after the last byte. */
  sha256(): string;
}

export type MeterHooks = {
  onChunk?: (chunk: Buffer) => void;
  /** Runs after the last byte and before the stream ends; when it rejects, the stream fails instead of ending. */
  beforeEnd?: () => Promise<void>;
};

export function createMeter({ onChunk, beforeEnd }: MeterHooks = {}): Meter {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  let digest: string | undefined;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      onChunk?.(chunk);
      done(null, chunk);
    },
    flush(done) {
      if (beforeEnd === undefined) done();
      else
        beforeEnd().then(() => {
          done();
        }, done);
    },
  });
  return {
    stream,
    get sizeBytes() {
      return sizeBytes;
    },
    sha256: () => (digest ??= hash.digest('hex')),
  };
}
