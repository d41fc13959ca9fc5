import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { percentile } from '../../bench/numbers.ts';
import { renderTable, replaceBlock } from '../../bench/table.ts';

const page = readFileSync(path.join(import.meta.dirname, '../../docs/performance.md'), 'utf8');

describe('bench/table: renderTable', () => {
  it('shows a missed mark', () => {
    const rows = [
      { what: 'start', value: '3.00 s', mark: { text: 'under 2 s', held: false } },
      { what: 'events', value: '79', mark: { text: 'at most 80', held: true } },
      { what: 'bytes', value: '48 kB' },
    ];

    const lines = renderTable(rows).split('\n');

    expect(lines.slice(2)).toEqual([
      '| start | 3.00 s | under 2 s | **no** |',
      '| events | 79 | at most 80 | yes |',
      '| bytes | 48 kB |  |  |',
    ]);
  });
});

describe('bench/table: replaceBlock', () => {
  it('exchanges the block of that name and nothing else', () => {
    const text =
      'a\n<!-- bench:x -->\nold\n<!-- /bench:x -->\nb\n<!-- bench:y -->\nkept\n<!-- /bench:y -->\n';

    const replaced = replaceBlock(text, 'x', 'new');

    expect(replaced).toBe(text.replace('old', 'new'));
  });

  it('refuses a text without the markers', () => {
    const text = 'nothing here';

    expect(() => replaceBlock(text, 'x', 'new')).toThrow('there is no <!-- bench:x -->');
  });

  it.each(['overhead', 'detection', 'history', 'worker-start', 'crowd', 'real'])(
    'finds the block of %s on the page',
    (name) => {
      const replaced = replaceBlock(page, name, 'measured again');

      expect(replaced).toContain(`<!-- bench:${name} -->\nmeasured again\n<!-- /bench:${name} -->`);
    },
  );
});

describe('bench/numbers: percentile', () => {
  it.each([
    { values: [3, 1, 2], share: 0.5, expected: 2 },
    { values: [4, 1, 3, 2], share: 0.5, expected: 2.5 },
    { values: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], share: 0.95, expected: 10 },
    { values: [7], share: 0.95, expected: 7 },
  ])('is $expected at $share of $values', ({ values, share, expected }) => {
    const value = percentile(values, share);

    expect(value).toBe(expected);
  });
});
