import { randomBytes } from 'node:crypto';
import os from 'node:os';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { putEverywhere } from '../../src/storage/fanOut.ts';
import { createObjectStore } from '../../src/storage/objectStore.ts';
import { uploadInParts, type PartsTarget } from '../../src/storage/partUpload.ts';
import { changed } from './changedStore.ts';

const MiB = 1024 ** 2;
const KEY = 'set/a.sql.zst';

describe('storage/fanOut: memory', () => {
  it('uses a block again, and only when every store has read it', async () => {
    const { whole, chunks } = randomChunks(80 * MiB);
    const [quick, slow] = [receiver('quick', 0), receiver('slow', 20)];

    await putEverywhere([quick.store, slow.store], KEY, Readable.from(chunks));

    for (const { received } of [quick, slow]) expect(Buffer.concat(received).equals(whole)).toBe(true);
    expect(new Set([...quick.memory, ...slow.memory]).size).toBeLessThan(whole.length / (8 * MiB));
  });

  it('frees the chunks that it has read', async () => {
    const { chunks } = randomChunks(9 * MiB);

    await putEverywhere([receiver('one', 0).store], KEY, Readable.from(chunks));

    expect(chunks.filter(({ length }) => length > 0)).toEqual([]);
  });

  it('fails where the source gives a chunk again', async () => {
    const chunk = Buffer.allocUnsafeSlow(70_001);

    const put = putEverywhere([receiver('one', 0).store], KEY, Readable.from([chunk, chunk]));

    await expect(put).rejects.toThrow('a chunk came twice');
  });
});

/** Chunks that each have their memory for themselves, as those that are read from a program. */
function randomChunks(sizeBytes: number): { whole: Buffer; chunks: Buffer[] } {
  const whole = randomBytes(sizeBytes);
  const chunkBytes = 70_001;
  const chunks = Array.from({ length: Math.ceil(sizeBytes / chunkBytes) }, (_, at) => {
    const part = whole.subarray(at * chunkBytes, (at + 1) * chunkBytes);
    const chunk = Buffer.allocUnsafeSlow(part.length);
    part.copy(chunk);
    return chunk;
  });
  return { whole, chunks };
}

/** A store that takes an upload in parts, and reads each some milliseconds after it was sent. */
function receiver(name: string, afterMs: number) {
  const received: Buffer[] = [];
  const memory: ArrayBufferLike[] = [];
  const take = async (bytes: Buffer, number: number) => {
    await sleep(afterMs);
    memory.push(bytes.buffer);
    received[number] = Buffer.from(bytes);
  };
  const target: PartsTarget = {
    putWhole: (bytes) => take(bytes, 0),
    begin: () =>
      Promise.resolve({
        sendPart: (bytes, { number }) => take(bytes, number - 1),
        complete: () => Promise.resolve(),
        abort: () => Promise.resolve(),
      }),
  };
  const folder = createObjectStore(name, { type: 'folder', path: os.tmpdir() });
  const store = changed(folder, { putStream: (_, body) => uploadInParts(target, body) });
  return { received, memory, store };
}
