import type { BackupResult, FailedSet, TakenProcedure } from './backup.ts';

/** Stages in the order in which a run goes through them. */
export const STAGES = ['plan', 'preflight', 'window', 'seal', 'replicate', 'done'] as const;
export type Stage = (typeof STAGES)[number];

export type LineState = 'waiting' | 'running' | 'complete' | 'failed';

/** One line of what a person sees: a part, a dump or a stage. */
export type StatusLine = {
  name: string;
  state: LineState;
  since?: string; // ISO, when the state was entered
  tookMs?: number;
  sizeBytes?: number;
  problem?: string;
};

/** Answer of `getStatus` on `backup`. */
export type BackupStatus = {
  cluster: string;
  procedure: TakenProcedure | null;
  backupId: string | null;
  stage: Stage;
  /** Where the parts can be watched while the window is open. */
  window: { workflowId: string; runId: string } | null;
  lines: StatusLine[];
  /** Sets of this run that were given up, oldest first. */
  failedSets?: FailedSet[];
  result?: BackupResult;
};

/** Answer of `getStatus` on `backupWindow`. */
export type WindowStatus = {
  cluster: string;
  backupId: string;
  exporting: 'running' | 'pausing' | 'paused' | 'resuming' | 'resume-failed' | 'resumed';
  lines: StatusLine[];
};
