import { describe, expect, it } from '@jest/globals';
import { addLatency, emptyLatency, latencyQuantile, mergeLatencies } from '../../src/domain/latency.ts';

const probes = [3, 40, 45, 12_000].map((tookMs) => ({ ok: true, tookMs }));

describe('domain/latency', () => {
  it('counts answers by bucket and failures apart', () => {
    const histogram = [...probes, { ok: false, tookMs: 1 }].reduce(addLatency, emptyLatency());

    expect(histogram).toEqual({ counts: [1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1], failed: 1, maxMs: 12_000 });
  });

  it('merges the spans of several parts, one histogram an application', () => {
    const latency = probes.reduce(addLatency, emptyLatency());

    const merged = mergeLatencies([
      { app: 'operate', latency },
      { app: 'tasklist', latency },
      { app: 'operate', latency },
    ]);

    expect(merged.map(({ app, latency: { counts } }) => [app, counts.reduce((a, b) => a + b)])).toEqual([
      ['operate', 8],
      ['tasklist', 4],
    ]);
  });

  it('gives the bound of the bucket that holds the quantile, never more than the slowest', () => {
    const histogram = probes.reduce(addLatency, emptyLatency());

    expect(latencyQuantile(histogram, 0.5)).toBe(50);
    expect(latencyQuantile(histogram, 1)).toBe(12_000);
    expect(latencyQuantile(emptyLatency(), 0.5)).toBeNull();
  });
});
