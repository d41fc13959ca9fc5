import { z } from 'zod';
import { BackupId } from './backupId.ts';
import { ForeignState } from './foreignState.ts';
import { PartitionId } from './partitionId.ts';

const RuntimePartition = z.object({
  partitionId: PartitionId,
  state: ForeignState,
  failureReason: z.string().nullish(),
  // Kept as it came, `2026-11-22T10:59:32.009+0000` or with `Z`: it only tells whether the backup is alive.
  lastUpdatedAt: z.union([z.string(), z.number()]).nullish(),
  snapshotId: z.string().nullish(),
  checkpointPosition: z.number().nullish(),
  brokerVersion: z.string().nullish(),
});

/** `GET actuator/backupRuntime/{id}` (8.8 and later), `GET actuator/backups/{id}` of a gateway or broker before. */
export const RuntimeBackup = z.object({
  backupId: BackupId,
  state: ForeignState,
  failureReason: z.string().nullish(),
  details: z.array(RuntimePartition).nullish(),
});
export type RuntimeBackup = z.infer<typeof RuntimeBackup>;

export const RuntimeBackupList = z.array(RuntimeBackup);

/** Answer of the trigger; only newer builds name the id. */
export const RuntimeBackupAccepted = z.object({ backupId: BackupId.nullish() });

/** `GET actuator/backupRuntime/state`: the newest checkpoint outlives the deletion of its backup. */
export const RuntimeCheckpoints = z.object({
  checkpointStates: z.array(z.object({ checkpointId: BackupId })),
});
