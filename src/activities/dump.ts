import { cancellationSignal } from '@temporalio/activity';
import type { BackupPlan, StoredArtifact } from '../contract/backup.ts';
import { SafepointError } from '../contract/errors.ts';
import { dumpDatabase } from '../database/dump.ts';
import { dumpName, setKey } from '../domain/setKeys.ts';
import { formatSize } from '../domain/statusTable.ts';
import { stopwatch } from '../system/waiting.ts';
import type { ActivityDeps } from './deps.ts';
import { withHeartbeats } from './heartbeats.ts';

export type DumpInput = { plan: BackupPlan; backupId: string; database: string };

export function createDumpActivities({ config, store }: ActivityDeps) {
  return {
    /**
     * Dumps one database straight into the store, nothing on local disk. A retry starts from zero and writes the same key:
     * until a whole dump was read nothing appears under it. Fails with `DumpFailed`, `StoreFailed`.
     */
    async dumpDatabase({ plan, backupId, database }: DumpInput): Promise<StoredArtifact> {
      const settings = config.clusters[plan.cluster]?.databases[database];
      if (settings === undefined) {
        throw new SafepointError(
          'InvalidConfig',
          `clusters.${plan.cluster}.databases.${database} is no longer in the config of this worker`,
        );
      }
      const name = dumpName(database);
      const key = setKey(plan.cluster, backupId, name);
      const startedAt = new Date().toISOString();
      const elapsedMs = stopwatch();
      const dumped = await withHeartbeats((report) =>
        dumpDatabase({
          database: settings,
          store: store(plan.store),
          key,
          signal: cancellationSignal(),
          onProgress: ({ rawSizeBytes }) => {
            report({ progress: `${database}: ${formatSize(rawSizeBytes)} dumped` });
          },
        }),
      );
      return {
        name,
        database,
        key,
        ...dumped,
        compression: 'zstd',
        startedAt,
        completedAt: new Date().toISOString(),
        tookMs: Math.round(elapsedMs()),
      };
    },
  };
}
