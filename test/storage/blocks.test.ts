import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { giveBackBlock, shareBlock, takeBlock } from '../../src/storage/blocks.ts';
import { uploadInParts, type PartsTarget } from '../../src/storage/partUpload.ts';

const partBytes = 8 * 1024 ** 2;

/** Keeps the blocks of the parts that it gets, and fails with the part of that number. */
function target({ failsAt }: { failsAt?: number } = {}) {
  const seen: { buffer: ArrayBufferLike; text: string }[] = [];
  const parts: PartsTarget = {
    putWhole: () => Promise.resolve(),
    begin: () =>
      Promise.resolve({
        sendPart(bytes, { number }) {
          seen.push({ buffer: bytes.buffer, text: bytes.toString('latin1', 0, 1) });
          return number === failsAt ? Promise.reject(new Error('refused')) : Promise.resolve();
        },
        complete: () => Promise.resolve(),
        abort: () => Promise.resolve(),
      }),
  };
  return { parts, seen };
}

/** Two and a half parts, in small chunks. */
function body(): Readable {
  const chunks = ['a', 'b', 'c'].flatMap((letter) => [
    Buffer.alloc(partBytes / 2, letter),
    Buffer.alloc(partBytes / 2, letter),
  ]);
  return Readable.from(chunks.slice(0, 5));
}

describe('storage/blocks: giveBackBlock', () => {
  it('frees a block with its last reader', () => {
    const block = takeBlock(10);
    shareBlock(block, 2);

    giveBackBlock(block);
    const afterFirst = block.length;
    giveBackBlock(block.subarray(0, 4));

    expect([afterFirst, block.length]).toEqual([10, 0]);
  });

  it('leaves alone what is no block', () => {
    const bytes = Buffer.from('somebody else is at it');

    giveBackBlock(bytes);

    expect(bytes.toString()).toBe('somebody else is at it');
  });
});

describe('storage/blocks: of an upload in parts', () => {
  it('are freed once they are sent, apart from the last, which may be kept until the end', async () => {
    const { parts, seen } = target();

    await uploadInParts(parts, body());

    expect(seen.map(({ text }) => text)).toEqual(['a', 'b', 'c']);
    expect(seen.map(({ buffer }) => buffer.byteLength)).toEqual([0, 0, partBytes]);
  });

  it('stay where a part has failed, as a connection may still read it', async () => {
    const { parts, seen } = target({ failsAt: 2 });

    await expect(uploadInParts(parts, body())).rejects.toThrow('refused');

    expect(seen.map(({ buffer }) => buffer.byteLength).slice(0, 2)).toEqual([0, partBytes]);
  });
});
