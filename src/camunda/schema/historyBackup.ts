import { z } from 'zod';
import { BackupId } from './backupId.ts';
import { ForeignState } from './foreignState.ts';

const HistoryPart = z.object({
  snapshotName: z.string(),
  state: ForeignState,
  failures: z.array(z.unknown()).nullish(), // null, [] or texts
});

/** `GET actuator/backupHistory/{id}`, and `GET actuator/backups/{id}` of Operate, Tasklist and Optimize. */
export const HistoryBackup = z.object({
  backupId: BackupId,
  state: ForeignState,
  failureReason: z.string().nullish(),
  details: z.array(HistoryPart).nullish(),
});
export type HistoryBackup = z.infer<typeof HistoryBackup>;

export const HistoryBackupList = z.array(HistoryBackup);

/** Answer of the trigger: Camunda asks its clients to keep these names. */
export const HistoryBackupAccepted = z.object({ scheduledSnapshots: z.array(z.string()).nullish() });

/** Of Optimize: a message for people, which nothing depends on. */
export const OptimizeBackupAccepted = z.object({});
