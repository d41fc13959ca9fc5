import type { MetricCounter, MetricGauge, MetricMeter } from '@temporalio/common';
import type { Verdict } from '../contract/backup.ts';
import {
  METRICS,
  type CounterName,
  type GaugeName,
  type MetricLabels,
  type MetricName,
} from '../contract/metrics.ts';

/** Our own metrics. Neither method throws for a value; of a cluster that is not in the config nothing is kept. */
export interface Metrics {
  /** What is no finite number of zero or more becomes 0. */
  set<Name extends GaugeName>(name: Name, labels: MetricLabels<Name>, value: number): void;
  add<Name extends CounterName>(name: Name, labels: MetricLabels<Name>, value: number): void;
}

const VERDICTS: readonly Verdict[] = ['complete', 'partial', 'failed'];

/** Counters begin with 0 for every cluster: Prometheus sees no increase in a series that begins with 1. */
export function createMetrics(meter: MetricMeter, clusters: readonly string[]): Metrics {
  const gauges = new Map<MetricName, MetricGauge>();
  const counters = new Map<MetricName, MetricCounter>();
  for (const name of Object.keys(METRICS) as MetricName[]) {
    const { kind, meaning } = METRICS[name];
    if (kind === 'gauge') gauges.set(name, meter.createGauge(name, 'float', undefined, meaning));
    else counters.set(name, meter.createCounter(name, undefined, meaning));
  }
  // Inputs of workflows hold any name, and each would be a series for ever.
  const isKnown = (labels: { cluster?: string }) =>
    labels.cluster === undefined || clusters.includes(labels.cluster);
  const metrics: Metrics = {
    set(name, labels, value) {
      if (isKnown(labels)) gauges.get(name)?.set(Number.isFinite(value) ? Math.max(0, value) : 0, labels);
    },
    add(name, labels, value) {
      if (isKnown(labels)) counters.get(name)?.add(value, labels);
    },
  };
  for (const cluster of clusters) {
    metrics.add('safepoint_resume_failures', { cluster }, 0);
    for (const verdict of VERDICTS) metrics.add('safepoint_sets_ended', { cluster, verdict }, 0);
  }
  return metrics;
}
