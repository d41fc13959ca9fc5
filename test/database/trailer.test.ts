import { describe, expect, it } from '@jest/globals';
import { createTrailerWatch } from '../../src/database/trailer.ts';

const whole = '\n\\unrestrict abc\n\n--\n-- PostgreSQL database cluster dump complete\n--\n\n';

function watched(text: string, chunkBytes: number): boolean {
  const watch = createTrailerWatch();
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += chunkBytes) {
    watch.add(bytes.subarray(start, start + chunkBytes));
  }
  return watch.seen();
}

describe('database/trailer: createTrailerWatch', () => {
  it.each([1, 7, 10_000])('sees the trailer in chunks of %d bytes', (chunkBytes) => {
    const seen = watched('select 1;\n'.repeat(2000) + whole, chunkBytes);

    expect(seen).toBe(true);
  });

  it.each([
    ['with Windows line ends', whole.replaceAll('\n', '\r\n')],
    ['with an \\unrestrict line after it', `${whole}\\unrestrict abc\n\n`],
  ])('sees the trailer %s', (_, text) => {
    expect(watched(text, 100)).toBe(true);
  });

  it.each([
    ['nothing', ''],
    ['that of a single database', whole.replace('cluster ', '')],
    ['a row that quotes it', whole.replace('--\n-- Post', '1\t-- Post')],
    ['a dump that goes on', `${whole}select 1;\n`],
    ['a last line cut short', whole.trimEnd()],
  ])('does not take %s for the trailer', (_, text) => {
    expect(watched(text, 100)).toBe(false);
  });
});
