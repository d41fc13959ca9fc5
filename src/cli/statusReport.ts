import type { RestoreMarker, RestoreStatus } from '../contract/restore.ts';
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
  steps: RunningStep[];
};

export type RunningStep = { name: string; since: string | null; note: string | null };

/** A restore or drill that is open. All but times and ids is the worker's word, and a drill says nothing: `null` and `[]`. */
export type OpenTrial = RunRef & {
  kind: 'restore' | 'drill';
  startedAt: string;
  backupId: string | null;
  stage: RestoreStatus['stage'] | null;
  /** The command that approves its plan, while it waits for that. */
  approveWith: string | null;
  steps: RunningStep[];
};

export type ClusterStatus = {
  cluster: string;
  /** The newest `complete` set in the store of the cluster. */
  lastGood: CatalogEntry | null;
  /** The newest set, where it is another one. */
  newest: CatalogEntry | null;
  running: RunningBackup[];
  /** Restores into the cluster, and drills of its sets. */
  trials: OpenTrial[];
  /** What a restore into the cluster has begun and not ended, be it at work or not. */
  unfinished: RestoreMarker | null;
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
