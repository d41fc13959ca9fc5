import type { BackupResult } from '../contract/backup.ts';
import type { DrillResult } from '../contract/drill.ts';
import type { PreflightReport } from '../contract/preflight.ts';
import type { RetainResult, RetentionPlan } from '../contract/retention.ts';
import type { RestorePlan, RestoreResult } from '../contract/restore.ts';
import type { ReplicaRecord, ReplicateResult } from '../contract/replica.ts';
import type { HandResume } from '../contract/sentinel.ts';
import type { VerifyResult } from '../contract/verification.ts';
import type { CatalogList } from '../storage/catalog.ts';
import type { CatalogEntry, SetDocuments } from '../storage/catalogEntry.ts';
import type { RepairedObject } from '../storage/repair/repairSet.ts';
import type { RunRef } from '../system/runs.ts';
import type { ScheduleChange } from '../system/schedules/backupSchedules.ts';
import type { RunEnd } from './runsOverview.ts';
import type { ScheduleLine, SkippedRun } from './scheduleLines.ts';
import type { StatusReport } from './statusReport.ts';

/*
 * What `--json` prints, one type a command: its words, and `Json`. `npm run generate` finds it by that name and writes its
 * schema to `schema/cli`. Fields are added, never renamed or taken away.
 */
export type RunJson = { workflowId: string; runId: string; namespace: string; result?: BackupResult };
export type DoctorJson = PreflightReport;
export type ListJson = {
  sets: CatalogEntry[];
  strangers: CatalogList['strangers'];
  unreadable: CatalogList['unreadable'];
};
export type ShowJson = {
  sets: (CatalogEntry &
    SetDocuments & {
      /** Copies of the parts in other places; only where there are some. */
      replicas?: ReplicaRecord[];
    })[];
};
export type VerifyJson = { results: VerifyResult[] };
/** `done`: `null` without `--apply`. */
export type PruneJson = { plan: RetentionPlan; done: RetainResult | null };
export type HoldJson = { cluster: string; backupId: string; stores: string[]; done: 'held' | 'released' };
export type ReleaseJson = HoldJson;
/** Every object of the set in every store of the cluster, and what was done about it. */
export type RepairJson = {
  cluster: string;
  backupId: string;
  dryRun: boolean;
  /** Whether every store now has every object. */
  whole: boolean;
  objects: RepairedObject[];
};
/** `workflowId`: absent when only the plan was asked for. `result`: absent as long as nobody has approved, or nobody waited. */
export type RestoreJson = { workflowId?: string; runId?: string; plan: RestorePlan; result?: RestoreResult };
export type ApproveJson = { workflowId: string; digest: string; target: string };
export type DrillJson = DrillResult;
export type ResumeJson = HandResume;
export type ReplicateJson = {
  workflowId: string;
  runId: string;
  namespace: string;
  result?: ReplicateResult;
};
export type ScheduleApplyJson = {
  changes: ScheduleChange[];
  skippedTimes: SkippedRun[];
  /** Whether Temporal now has it; a schedule that left the config stays without `--prune`. */
  applied: boolean;
};
export type ScheduleListJson = { schedules: ScheduleLine[] };
/** What was done with which schedule. */
export type ScheduleTriggerJson = { name: string; done: 'triggered' };
export type SchedulePauseJson = { name: string; done: 'paused'; reason: string };
export type ScheduleUnpauseJson = { name: string; done: 'unpaused' };
export type ScheduleDeleteJson = { name: string; done: 'deleted' };
export type StatusJson = StatusReport;
export type CancelJson = RunRef & { cluster: string | null; end: RunEnd };

type CommandJson =
  | RunJson
  | DoctorJson
  | ListJson
  | ShowJson
  | VerifyJson
  | PruneJson
  | HoldJson
  | RepairJson
  | RestoreJson
  | DrillJson
  | ApproveJson
  | ResumeJson
  | ReplicateJson
  | ScheduleApplyJson
  | ScheduleListJson
  | ScheduleTriggerJson
  | SchedulePauseJson
  | ScheduleUnpauseJson
  | ScheduleDeleteJson
  | StatusJson
  | CancelJson;

/** In place of the above when the command failed; the exit code is not 0. */
export type FailureJson = { error: { code: string; message: string; operatorAction: string } };

export function writeJson(stdout: NodeJS.WritableStream, value: CommandJson | FailureJson): void {
  // JSON leaves the control characters from DEL on as they are, and a terminal may obey them.
  const text = JSON.stringify(value, null, 2).replaceAll(
    /[\u007f-\u009f]/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
  );
  stdout.write(`${text}\n`);
}
