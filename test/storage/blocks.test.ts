import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { createBlocks, giveBack } from '../../src/storage/blocks.ts';
import { freeAtOnce } from '../../src/storage/freeAtOnce.ts';
import { uploadInParts, type PartsTarget } from '../../src/storage/partUpload.ts';

const partBytes = 8 * 1024 ** 2;

describe('storage/blocks: createBlocks', () => {
  it('gives a block again once its last reader is done', () => {
    const blocks = createBlocks(10);
    const block = blocks.take();
    blocks.lend(block, 2);

    giveBack(block);
    const meanwhile = blocks.take();
    giveBack(block);

    expect(meanwhile).not.toBe(block);
    expect(blocks.take()).toBe(block);
    expect(blocks.take()).not.toBe(block);
  });

  it('does not give a block twice', () => {
    const blocks = createBlocks(10);
    const block = blocks.take();
    blocks.lend(block, 1);

    giveBack(block);
    giveBack(block);

    expect([blocks.take(), blocks.take()].filter((taken) => taken === block)).toHaveLength(1);
  });

  it('leaves alone what was not taken here', () => {
    const blocks = createBlocks(10);
    const foreign = Buffer.alloc(10);
    blocks.lend(foreign, 1);

    giveBack(foreign);

    expect(blocks.take()).not.toBe(foreign);
  });
});

describe('storage/blocks: of an upload in parts', () => {
  it('come back once they are sent', async () => {
    const { blocks, body } = lentBlocks();

    await uploadInParts(target(), Readable.from(body, { highWaterMark: 1 }));

    expect([blocks.take(), blocks.take(), blocks.take()].map((block) => body.indexOf(block))).toEqual([
      1, 0, -1,
    ]);
  });

  it('do not come back when their part has failed, as a connection may still read it', async () => {
    const { blocks, body } = lentBlocks();

    await expect(
      uploadInParts(target({ failsAt: 2 }), Readable.from(body, { highWaterMark: 1 })),
    ).rejects.toThrow('refused');

    expect([blocks.take(), blocks.take()].map((block) => body.indexOf(block))).toEqual([0, -1]);
  });
});

describe('storage/freeAtOnce', () => {
  it('leaves bytes empty that have their memory for themselves', () => {
    const bytes = Buffer.allocUnsafeSlow(10);

    freeAtOnce(bytes);

    expect(bytes.length).toBe(0);
  });

  it.each([
    ['at its start', 0, 4],
    ['at its end', 6, 10],
  ])('leaves alone what shares its memory, %s', (_, from, to) => {
    const whole = Buffer.allocUnsafeSlow(10);

    freeAtOnce(whole.subarray(from, to));

    expect(whole.length).toBe(10);
  });
});

/** Two blocks, each lent to one reader, and a shorter end. */
function lentBlocks() {
  const blocks = createBlocks(partBytes);
  const lent = [blocks.take(), blocks.take()];
  for (const block of lent) blocks.lend(block, 1);
  return { blocks, body: [...lent, Buffer.from('end')] };
}

/** Takes all parts, or fails with the one of that number. */
function target({ failsAt }: { failsAt?: number } = {}): PartsTarget {
  return {
    putWhole: () => Promise.resolve(),
    begin: () =>
      Promise.resolve({
        sendPart: (_bytes, { number }) =>
          number === failsAt ? Promise.reject(new Error('refused')) : Promise.resolve(),
        complete: () => Promise.resolve(),
        abort: () => Promise.resolve(),
      }),
  };
}
