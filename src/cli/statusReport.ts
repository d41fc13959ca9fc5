import type { Stage } from '../contract/status.ts';
import type { CatalogEntry } from '../storage/catalogEntry.ts';
import type { RunRef } from '../system/runs.ts';
import type { RunEnd } from './runsOverview.ts';
import type { ScheduleLine } from './scheduleLines.ts';

/** A run that is at work. `stage` and `steps` are the worker's word: `null` and `[]` while none answers. */
export type RunningBackup = RunRef & {
  startedAt: string;
  backupId: string | null;
  stage: Stage | null;
  /** What runs right now: parts, dumps, stages. */
  steps: { name: string; since: string | null; note: string | null }[];
};

export type ClusterStatus = {
  cluster: string;
  /** The newest `complete` set in the store of the cluster. */
  lastGood: CatalogEntry | null;
  /** The newest set, where it is another one. */
  newest: CatalogEntry | null;
  running: RunningBackup[];
  schedules: ScheduleLine[];
  /** The next run of any schedule. */
  nextAt: string | null;
  problems: string[];
};

/** What `safepoint status` tells. Temporal or a store that does not answer is a problem, not a failure. */
export type StatusReport = {
  clusters: ClusterStatus[];
  workers: number | null; // null: Temporal does not answer
  sentinel: (RunEnd & { startedAt: string }) | null;
  problems: string[]; // of no single cluster
};
