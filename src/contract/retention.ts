import type { SetState } from './setState.ts';

/** Which sets of a cluster rotation keeps. Counts of 0 and spans of 0 keep nothing; spans in milliseconds. */
export type RetentionPolicy = {
  keepLast: number;
  hourly: number;
  daily: number;
  weekly: number;
  monthly: number;
  yearly: number;
  keepWithinMs: number;
  /** Days, weeks, months and years are those of this time zone. */
  timezone: string;
  /** For sets that are no whole backup: failed, partial, or found damaged. */
  failed: { keepLast: number; keepWithinMs: number };
  minComplete: number;
  minAgeMs: number;
  /** More than this share of all sets is never deleted at once, unless told; 0 to 1. */
  maxShare: number;
};

/** One set as rotation sees it, over all stores that have it. */
export type RotatedSet = {
  backupId: string;
  state: SetState;
  /** Unix milliseconds, `null` where nothing of it says so. */
  startedMs: number | null;
  endedMs: number | null;
  held: boolean;
  /** Sealing verified it, and no later check found it damaged. */
  verified: boolean;
  /** Its manifest was opened just now and can be read; of the others only names were looked at. */
  opened: boolean;
  /** When it was last shown to be restorable, by a restore or a drill that went beyond reading it; `null`: never. */
  provenMs: number | null;
  /** Who works with it, in one sentence; `null` when nobody does. */
  inUse: string | null;
};

export type SetDecision = {
  backupId: string;
  state: SetState;
  startedAt: string | null; // ISO 8601
  action: 'keep' | 'delete';
  /** All that keep it, or why nothing does. */
  reasons: string[];
};

/** What rotation would do. `refused`: why nothing may be deleted by this plan; `null` when it may. */
export type RetentionPlan = { cluster: string; decisions: SetDecision[]; refused: string | null };

/** What starts `retain`: from the CLI, from `backup`, or by hand as `{"cluster":"prod"}`. */
export type RetainInput = {
  cluster: string;
  /** Only these are deleted, and only if the policy still says so: what was shown is all that goes. */
  backupIds?: string[];
  /** Also more than `maxShare` at once. */
  force?: boolean;
};

export type RetainResult = {
  cluster: string;
  deleted: string[];
  /** Sets of which something stays, and why: such as a lock of the store until a date. */
  left: { backupId: string; reason: string }[];
  kept: number;
};

/** `reasons`: why it goes, for its tombstone. */
export type DeleteSetInput = { cluster: string; backupId: string; reasons?: string[] };

/** `left`: what stays, one sentence each; the set is gone when it is empty. */
export type DeleteSetResult = { cluster: string; backupId: string; left: string[] };
