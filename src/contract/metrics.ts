/** One metric of ours at `/metrics`. `unit`: of its value; `meaning`: one sentence, shown in docs/metrics.md too. */
type MetricDefinition = {
  kind: 'gauge' | 'counter';
  unit: string;
  labels: readonly ('cluster' | 'part' | 'verdict' | 'level')[];
  meaning: string;
};

/**
 * Every metric of ours by its name. Alert rules, dashboards and docs/metrics.md rely on them. Stable once released.
 * Their labels have few values: clusters and databases of the config, parts of the cut, verdicts, levels of drills.
 */
export const METRICS = {
  safepoint_worker_ready: {
    kind: 'gauge',
    unit: '1 or 0',
    labels: [],
    meaning: 'The worker runs and Temporal answers it',
  },
  safepoint_last_complete_timestamp_seconds: {
    kind: 'gauge',
    unit: 'unix seconds',
    labels: ['cluster'],
    meaning: 'When the newest complete set was sealed; 0 when none of the newest 50 sets is complete',
  },
  safepoint_last_backup_duration_seconds: {
    kind: 'gauge',
    unit: 'seconds',
    labels: ['cluster'],
    meaning: 'From the pause to the manifest of the newest complete set',
  },
  safepoint_last_window_seconds: {
    kind: 'gauge',
    unit: 'seconds',
    labels: ['cluster'],
    meaning: 'Exporting was paused this long for the newest complete set',
  },
  safepoint_last_part_duration_seconds: {
    kind: 'gauge',
    unit: 'seconds',
    labels: ['cluster', 'part'],
    meaning: 'A part of the newest complete set took this long; dumps by the name of their database',
  },
  safepoint_last_part_size_bytes: {
    kind: 'gauge',
    unit: 'bytes',
    labels: ['cluster', 'part'],
    meaning: 'A dump of the newest complete set, as stored; the parts of Camunda lie in stores of its own',
  },
  safepoint_last_set_failed: {
    kind: 'gauge',
    unit: '1 or 0',
    labels: ['cluster'],
    meaning: 'The newest set that has ended is no backup; its run may be taking the next one',
  },
  safepoint_damaged_sets: {
    kind: 'gauge',
    unit: 'sets',
    labels: ['cluster'],
    meaning: 'Sets that the last `verify` found damaged; a later check that finds them whole takes them out',
  },
  safepoint_last_proven_timestamp_seconds: {
    kind: 'gauge',
    unit: 'unix seconds',
    labels: ['cluster', 'level'],
    meaning:
      'When a set of the cluster was last restored this deep, in earnest or as a drill, and it went well; 0 as long as none was',
  },
  safepoint_sets_ended: {
    kind: 'counter',
    unit: 'sets',
    labels: ['cluster', 'verdict'],
    meaning: 'Sets that ended in this worker since its start',
  },
  safepoint_catalog_readable: {
    kind: 'gauge',
    unit: '1 or 0',
    labels: ['cluster'],
    meaning: 'The store told of the sets when it was last asked; at 0 the values read from it are old ones',
  },
  safepoint_exporting_stuck: {
    kind: 'gauge',
    unit: '1 or 0',
    labels: ['cluster'],
    meaning: 'Exporting is paused and nobody of us will resume it, or a window tries in vain',
  },
  safepoint_resume_failures: {
    kind: 'counter',
    unit: 'attempts',
    labels: ['cluster'],
    meaning: 'Attempts to resume exporting that failed in this worker since its start',
  },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;
type NameOf<Kind> = {
  [Name in MetricName]: (typeof METRICS)[Name]['kind'] extends Kind ? Name : never;
}[MetricName];
export type GaugeName = NameOf<'gauge'>;
export type CounterName = NameOf<'counter'>;
export type MetricLabels<Name extends MetricName> = Record<(typeof METRICS)[Name]['labels'][number], string>;
