import { LATENCY_BOUNDS_MS, type LatencyHistogram } from '../contract/responsiveness.ts';
import type { AppLatency } from '../contract/parts.ts';

export function emptyLatency(): LatencyHistogram {
  return { counts: Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, () => 0), failed: 0, maxMs: 0 };
}

/** Adds one probe. A failed one counts as failed only: how long it took says nothing about the application. */
export function addLatency(to: LatencyHistogram, probe: { ok: boolean; tookMs: number }): LatencyHistogram {
  if (!probe.ok) return { ...to, failed: to.failed + 1 };
  const found = LATENCY_BOUNDS_MS.findIndex((bound) => probe.tookMs <= bound);
  const bucket = found === -1 ? LATENCY_BOUNDS_MS.length : found;
  return {
    counts: to.counts.map((count, index) => (index === bucket ? count + 1 : count)),
    failed: to.failed,
    maxMs: Math.max(to.maxMs, Math.round(probe.tookMs)),
  };
}

/** One histogram per application out of those of all parts. */
export function mergeLatencies(all: readonly AppLatency[]): AppLatency[] {
  const merged = new Map<string, LatencyHistogram>();
  for (const { app, latency } of all) {
    const before = merged.get(app) ?? emptyLatency();
    merged.set(app, {
      counts: before.counts.map((count, index) => count + (latency.counts[index] ?? 0)),
      failed: before.failed + latency.failed,
      maxMs: Math.max(before.maxMs, latency.maxMs),
    });
  }
  return [...merged].map(([app, latency]) => ({ app, latency }));
}

/** Upper bound of the bucket that holds the quantile (0..1), in milliseconds; `null` without answers. */
export function latencyQuantile(histogram: LatencyHistogram, quantile: number): number | null {
  const total = histogram.counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let seen = 0;
  for (const [index, count] of histogram.counts.entries()) {
    seen += count;
    if (seen >= quantile * total)
      return Math.min(LATENCY_BOUNDS_MS[index] ?? histogram.maxMs, histogram.maxMs);
  }
  return histogram.maxMs;
}
