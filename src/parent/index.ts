/** What the package offers to other people's workflows, and all of it: docs/child-workflows.md. */
export { backupChild, type BackupChildOptions } from './backupChild.ts';
export type { BackupInput, BackupResult } from '../contract/backup.ts';
export { errorCatalogue, type ErrorCode } from '../contract/errors.ts';
export { BACKUP_WORKFLOW, GET_STATUS_QUERY, TASK_QUEUE } from '../contract/names.ts';
export type { BackupStatus } from '../contract/status.ts';
