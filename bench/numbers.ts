/** The smallest of the values that at least this share of them does not exceed; the mean of both middle ones for an even half. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const index = Math.max(0, Math.ceil(sorted.length * share) - 1);
  const value = sorted[index];
  if (value === undefined) throw new Error('there are no values');
  const isEvenHalf = share === 0.5 && sorted.length % 2 === 0;
  return isEvenHalf ? (value + (sorted[index + 1] ?? value)) / 2 : value;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** `1.23 s` */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

/** `1.23 s (most 2.34 s)` of several runs. */
export function medianAndMost(milliseconds: readonly number[]): string {
  return `${seconds(median(milliseconds))} (most ${seconds(Math.max(...milliseconds))})`;
}

/** `0.10 / 0.20 / 0.30 s` */
export function spread(milliseconds: readonly number[]): string {
  const values = [percentile(milliseconds, 0.5), percentile(milliseconds, 0.95), Math.max(...milliseconds)];
  return `${values.map((value) => (value / 1000).toFixed(2)).join(' / ')} s`;
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(0)} MiB`;
}
