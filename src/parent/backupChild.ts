import { ChildWorkflowCancellationType, executeChild, type ChildWorkflowOptions } from '@temporalio/workflow';
import type { BackupInput, BackupResult } from '../contract/backup.ts';
import { BACKUP_WORKFLOW, TASK_QUEUE } from '../contract/names.ts';

/**
 * Retries and timeouts are left out on purpose: Safepoint starts over by itself, its budgets are in its config, and a timeout
 * of Temporal would end the backup without a word to its window.
 */
export type BackupChildOptions = Pick<
  ChildWorkflowOptions,
  'workflowId' | 'parentClosePolicy' | 'staticSummary'
>;

/**
 * Takes a backup as a child of the workflow that calls it, and returns what it has: `complete` or `partial`. In workflow code
 * only; any worker of Safepoint does the work.
 *
 * Whatever becomes of the parent, exporting runs again: when the parent is cancelled, the backup is cancelled and has ended
 * before this throws; when the parent closes or is terminated, Temporal cancels the backup.
 * Fails with a `ChildWorkflowFailure` whose cause is a `CancelledFailure`, or an `ApplicationFailure` with an `ErrorCode` as its
 * type.
 */
export function backupChild(input: BackupInput, options: BackupChildOptions = {}): Promise<BackupResult> {
  return executeChild<(input: BackupInput) => Promise<BackupResult>>(BACKUP_WORKFLOW, {
    staticSummary: `backup ${input.cluster}`,
    parentClosePolicy: 'REQUEST_CANCEL',
    ...options,
    taskQueue: TASK_QUEUE,
    args: [input],
    cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
  });
}
