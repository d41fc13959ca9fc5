/** Names that other processes use: the UI, the `temporal` command, schedules, parent workflows. Stable once released. */

export const TASK_QUEUE = 'safepoint';

/** Workflow types; each is the name of the exported function in `src/workflows`. */
export const BACKUP_WORKFLOW = 'backup';
export const WINDOW_WORKFLOW = 'backupWindow';
export const SENTINEL_WORKFLOW = 'sentinel';
export const RETAIN_WORKFLOW = 'retain';
export const DELETE_SET_WORKFLOW = 'deleteSet';
export const VERIFY_WORKFLOW = 'verify';
export const REPLICATE_WORKFLOW = 'replicate';
export const RESTORE_WORKFLOW = 'restore';
export const RESTORE_WINDOW_WORKFLOW = 'restoreWindow';
export const DRILL_WORKFLOW = 'drill';
export const DRILL_WINDOW_WORKFLOW = 'drillWindow';

/** Id of the schedule that runs the sentinel, and of its runs. */
export const SENTINEL_ID = 'safepoint-sentinel';

/** Static details of a run, Markdown: what a person needs to know who opens it in the UI and has never seen one. */
export const RUN_DETAILS = [
  'Takes one backup of a Camunda cluster; *Current Details* say where it is and what is wrong.',
  'To stop it, **cancel** it: exporting is resumed, and the set is marked as failed. Do not terminate it.',
].join('\n\n');

/** Schedules of the config have this id; any other schedule in the namespace is not ours. */
const SCHEDULE_PREFIX = 'safepoint-backup-';

export function scheduleIdOf(name: string): string {
  return `${SCHEDULE_PREFIX}${name}`;
}

/** The name in the config; `null` for a schedule that is not ours. */
export function scheduleNameOf(scheduleId: string): string | null {
  return scheduleId.startsWith(SCHEDULE_PREFIX) ? scheduleId.slice(SCHEDULE_PREFIX.length) : null;
}

/** Query that returns the whole typed state of a run: `BackupStatus` from `backup`, `WindowStatus` from `backupWindow`. */
export const GET_STATUS_QUERY = 'getStatus';

/** Signal from a window to its `backup`, without arguments: exporting cannot be resumed. */
export const RESUME_FAILED_SIGNAL = 'resumeFailed';

/** Update of `restore`: `{"digest":"..."}` of the plan that a person has read. Refused with `PlanOutdated` for any other plan. */
export const APPROVE_UPDATE = 'approve';

/** The fixed id of a cluster's window is its lock: Temporal runs at most one workflow with it. */
export function windowWorkflowId(cluster: string): string {
  return `safepoint/${cluster}`;
}

/** One rotation of a cluster at a time. */
export function retainWorkflowId(cluster: string): string {
  return `safepoint/${cluster}/retain`;
}

/** One deletion of a set at a time. */
export function deleteSetWorkflowId(cluster: string, backupId: string): string {
  return `safepoint/${cluster}/delete/${backupId}`;
}

/** The fixed id of the copying of a cluster: two never run at once. */
export function replicateWorkflowId(cluster: string): string {
  return `safepoint/${cluster}/replicate`;
}

/** One drill at a time in a target. */
export function drillWindowId(cluster: string): string {
  return `safepoint/${cluster}/drill`;
}

/** Keyword search attributes; set only where the config says that the namespace has them. */
export const SEARCH_ATTRIBUTES = { cluster: 'Cluster', backupId: 'BackupId', verdict: 'Verdict' } as const;
