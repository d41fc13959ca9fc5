import { noopMetricMeter, type MetricMeter, type MetricTags } from '@temporalio/common';

/** What `/metrics` would show of a meter: `name{label=word,…}` and its value. */
export type Recorded = Record<string, number>;

/** A meter of the SDK that keeps what it is told, in place of an endpoint. */
export function createRecordingMeter(): { meter: MetricMeter; recorded: Recorded } {
  const recorded: Recorded = {};
  const key = (name: string, tags: MetricTags = {}) =>
    `${name}{${Object.entries(tags)
      .map(([label, word]) => `${label}=${word}`)
      .join()}}`;
  const meter: MetricMeter = {
    createHistogram: (...args) => noopMetricMeter.createHistogram(...args),
    withTags: () => meter,
    createGauge: (name, ...rest) => ({
      ...noopMetricMeter.createGauge(name, ...rest),
      set: (value, tags) => void (recorded[key(name, tags)] = value),
    }),
    createCounter: (name, ...rest) => ({
      ...noopMetricMeter.createCounter(name, ...rest),
      add(value, tags) {
        recorded[key(name, tags)] = (recorded[key(name, tags)] ?? 0) + value;
      },
    }),
  };
  return { meter, recorded };
}
