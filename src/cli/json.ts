import type { BackupResult } from '../contract/backup.ts';
import type { SetFailure } from '../contract/failure.ts';
import type { Intent } from '../contract/intent.ts';
import type { Manifest } from '../contract/manifest.ts';
import type { PreflightReport } from '../contract/preflight.ts';
import type { HandResume } from '../contract/sentinel.ts';
import type { CatalogEntry } from '../storage/catalog.ts';
import type { RunRef } from '../system/runs.ts';
import type { ScheduleChange } from '../system/schedules/backupSchedules.ts';
import type { RunEnd } from './runsOverview.ts';
import type { ScheduleLine, SkippedRun } from './scheduleLines.ts';
import type { StatusReport } from './statusReport.ts';

/** What `--json` prints, one type a command. Fields are added, never renamed or taken away. */
export type RunJson = { workflowId: string; runId: string; namespace: string; result?: BackupResult };
export type DoctorJson = PreflightReport;
export type ListJson = { sets: CatalogEntry[] };
export type ShowJson = {
  sets: (CatalogEntry & { manifest?: Manifest; intent?: Intent; failure?: SetFailure })[];
};
export type ResumeJson = HandResume;
export type ScheduleApplyJson = {
  changes: ScheduleChange[];
  skippedTimes: SkippedRun[];
  /** Whether Temporal now has it; a schedule that left the config stays without `--prune`. */
  applied: boolean;
};
export type ScheduleListJson = { schedules: ScheduleLine[] };
export type StatusJson = StatusReport;
export type CancelJson = RunRef & { cluster: string | null; end: RunEnd };

export type CommandJson =
  | RunJson
  | DoctorJson
  | ListJson
  | ShowJson
  | ResumeJson
  | ScheduleApplyJson
  | ScheduleListJson
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
