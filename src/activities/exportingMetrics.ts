import { metricMeter } from '@temporalio/activity';
import type { ClusterWatch } from '../contract/sentinel.ts';

/** Names that alert rules rely on; `ops/prometheus/safepoint.rules.yml` has rules for them. */
export const EXPORTING_STUCK = 'safepoint_exporting_stuck';
export const RESUME_FAILURES = 'safepoint_resume_failures';

/** 1 while exporting is paused and nobody of us will resume it, or a window tries in vain; one line a cluster in the config. */
export function countStuck({ cluster, state }: ClusterWatch): void {
  if (state === 'unreachable') return; // nothing is known, so what was known before stands
  const gauge = metricMeter.createGauge(
    EXPORTING_STUCK,
    'int',
    undefined,
    'Exporting is paused and stays so',
  );
  gauge.set(state === 'foreign' || state === 'resume-failing' ? 1 : 0, { cluster });
}

/** One for each attempt to resume that failed. */
export function countResumeFailure(cluster: string): void {
  metricMeter
    .createCounter(RESUME_FAILURES, undefined, 'Attempts to resume exporting that failed')
    .add(1, { cluster });
}
