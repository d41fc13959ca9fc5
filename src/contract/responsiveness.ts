/** Upper bounds of the buckets in milliseconds; the last bucket takes everything slower. */
export const LATENCY_BOUNDS_MS = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000] as const;

/** Latencies in fixed buckets, so that spans of a window can be added up without keeping each probe. */
export type LatencyHistogram = {
  counts: number[]; // one longer than LATENCY_BOUNDS_MS
  failed: number; // no answer, or an answer of 500 and above
  maxMs: number;
};
