import { describe, expect, it } from '@jest/globals';
import { inParts, nextPartBytes } from '../../src/storage/partSize.ts';
import { collect } from './collect.ts';

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;

describe('storage/partSize: nextPartBytes', () => {
  it('reaches 5 TiB within 10,000 parts', () => {
    let sentBytes = 0;

    for (let part = 0; part < 10_000; part += 1) sentBytes += nextPartBytes(sentBytes);

    expect(sentBytes).toBeGreaterThan(5 * 1024 * GiB);
  });

  it.each([
    [0, 8],
    [7 * GiB, 8],
    [100 * GiB, 103],
    [4096 * GiB, 1024],
  ])('after %d bytes', (sentBytes, expectedMiB) => {
    const bytes = nextPartBytes(sentBytes);

    expect(bytes).toBe(expectedMiB * MiB);
  });
});

describe('storage/partSize: inParts', () => {
  it.each([
    ['many small chunks', ['ab', 'c', 'de', 'fgh'], ['abc', 'def', 'gh']],
    ['one large chunk', ['abcdefgh'], ['abc', 'def', 'gh']],
    ['a whole number of parts', ['abcd', 'ef'], ['abc', 'def', '']],
    ['nothing', [], ['']],
  ])('cuts %s into parts, the last one shorter', async (_, chunks, expected) => {
    const source = (async function* () {
      for (const chunk of chunks) yield await Promise.resolve(Buffer.from(chunk));
    })();

    const parts = await collect(inParts(source, () => 3));

    expect(parts.map(({ bytes }) => bytes.toString())).toEqual(expected);
    expect(parts.map(({ last }) => last)).toEqual(expected.map((__, index) => index === expected.length - 1));
  });

  it('lets parts grow with what was sent', async () => {
    const source = (async function* () {
      yield await Promise.resolve(Buffer.from('abbbcccccd'));
    })();

    const parts = await collect(inParts(source, (sentBytes) => 1 + sentBytes * 2));

    expect(parts.map(({ bytes }) => bytes.length)).toEqual([1, 3, 6]);
  });
});
