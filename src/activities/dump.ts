import { cancellationSignal } from '@temporalio/activity';
import type { BackupPlan, DumpedArtifact } from '../contract/backup.ts';
import { SafepointError } from '../contract/errors.ts';
import { dumpDatabase } from '../database/dump.ts';
import { dumpName, setKey } from '../domain/setKeys.ts';
import { formatSize } from '../domain/statusTable.ts';
import { stopwatch } from '../system/waiting.ts';
import type { ActivityDeps } from './deps.ts';
import { withHeartbeats } from './heartbeats.ts';
import { storesOf } from './stores.ts';

export type DumpInput = { plan: BackupPlan; backupId: string; database: string };

export function createDumpActivities(deps: ActivityDeps) {
  const { config } = deps;
  return {
    /**
     * Dumps one database straight into the stores, nothing on local disk. A retry starts from zero and writes the same key:
     * until the dump has ended well nothing appears under it. Fails with `DumpFailed`, and with `StoreFailed` when no store took it.
     */
    async dumpDatabase({ plan, backupId, database }: DumpInput): Promise<DumpedArtifact> {
      const cluster = config.clusters[plan.cluster];
      const settings = cluster?.databases[database];
      if (cluster === undefined || settings === undefined) {
        throw new SafepointError(
          'InvalidConfig',
          `clusters.${plan.cluster}.databases.${database} is no longer in the config of this worker`,
        );
      }
      const { encryption, compression } = cluster;
      const name = dumpName(database, { encrypted: encryption !== undefined });
      const key = setKey(plan.cluster, backupId, name);
      const startedAt = new Date().toISOString();
      const elapsedMs = stopwatch();
      const { stored, ...dumped } = await withHeartbeats((report) =>
        dumpDatabase({
          database: settings,
          stores: storesOf(deps, plan),
          key,
          level: compression.level,
          recipients: encryption?.recipients,
          stallMs: plan.budgets.stallMs,
          signal: cancellationSignal(),
          onProgress: ({ sizeBytes }) => {
            report({ progress: `${database}: ${formatSize(sizeBytes)} stored` });
          },
        }),
      );
      return {
        name,
        database,
        key,
        ...dumped,
        stores: stored,
        compression: 'zstd',
        startedAt,
        completedAt: new Date().toISOString(),
        tookMs: Math.round(elapsedMs()),
      };
    },
  };
}
