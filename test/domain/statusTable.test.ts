import { describe, expect, it } from '@jest/globals';
import { formatSeconds, formatSize, renderDetails } from '../../src/domain/statusTable.ts';

describe('domain/statusTable: renderDetails', () => {
  it('pads the columns inside a fenced block, and says below what is wrong', () => {
    const lines = [
      { name: 'zeebe', state: 'running', since: '2026-11-22T02:00:41.000Z' },
      { name: 'web-modeler', state: 'failed', tookMs: 4200, sizeBytes: 1_500_000, problem: 'no trailer' },
    ] as const;

    const text = renderDetails('prod #1', lines, ['Look there.']);

    expect(text.split('\n')).toEqual([
      '**prod #1**',
      '',
      '```',
      'part         state    since (UTC)  took   size',
      'zeebe        running  02:00:41',
      'web-modeler  failed                4.2 s  1.5 MB',
      '```',
      '',
      '**web-modeler**: no trailer',
      '',
      'Look there.',
    ]);
  });
});

describe('domain/statusTable: formats', () => {
  it.each([
    [4_240, '4.2 s'],
    [200_000, '3 min 20 s'],
    [7_500_000, '2 h 5 min'],
  ])('shows %d ms as %s', (ms, text) => {
    expect(formatSeconds(ms)).toBe(text);
  });

  it.each([
    [999, '999 B'],
    [1_500, '1.5 kB'],
    [2_000_000_000_000_000, '2000.0 TB'],
  ])('shows %d bytes as %s', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
  });
});
