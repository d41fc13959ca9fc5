import { describe, expect, it } from '@jest/globals';
import { describeComparison } from '../../bench/realRows.ts';
import type { Run } from '../../bench/runs.ts';

const script = { wholeMs: 12_000, windowMs: 11_000, parts: [{ part: 'zeebe', tookMs: 5_000 }] };

function run(waves: string[][], windowMs: number): Run {
  const times = { zeebe: 1_000, operate: 2_000, tasklist: 1_500, 'zeebe-records': 500 };
  const parts = Object.entries(times).map(([part, tookMs]) => {
    const settlingMs = part === 'operate' || part === 'tasklist' ? 3_000 : 0;
    return { part, tookMs, settlingMs, endedAtMs: 0 };
  });
  return { verdict: 'complete', wholeMs: 10_000, windowMs, parts, waves, events: 0, bytes: 0, queuedMs: [] };
}

describe('bench/realRows: describeComparison', () => {
  it('counts parts that run side by side once, by the slowest of them', () => {
    const sequential = run([['zeebe'], ['operate', 'tasklist'], ['zeebe-records']], 7_000);
    const parallel = run([['zeebe', 'operate', 'tasklist', 'zeebe-records']], 6_000);
    const historyFirst = run([['operate', 'tasklist', 'zeebe-records'], ['zeebe']], 3_000);

    const rows = describeComparison(
      [script],
      [
        { procedure: 'sequential', run: sequential },
        { procedure: 'parallel', run: parallel },
        { procedure: 'history-first', run: historyFirst },
      ],
    );

    const ratios = rows.filter(({ what }) => what.includes('window to'));
    expect(ratios.map(({ value, mark }) => [value, mark?.held])).toEqual([
      ['2.00', false], // 7 s to 1 + 2 + 0.5 s
      ['1.08', undefined], // 3 s of settling more
      ['1.20', false], // 6 s to 3 + 2 s
      ['1.00', true], // 3 s to 2 + 1 s
    ]);
  });
});
