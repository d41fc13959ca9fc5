import { cancellationSignal } from '@temporalio/activity';
import { restoreServer } from '../config/restoreServer.ts';
import type { DatabaseConfig } from '../config/schema.ts';
import type { DrillDatabaseConfig } from '../config/drill.ts';
import type {
  CheckDatabaseInput,
  CheckedDatabase,
  DrillDatabaseInput,
  DrilledDatabase,
  DumpOutline,
  RestoreDatabaseInput,
  RestoredDatabase,
} from '../contract/databaseRestore.ts';
import { SafepointError } from '../contract/errors.ts';
import { askQueries } from '../database/drillQueries.ts';
import { readOutline } from '../database/outline.ts';
import { restoreDump } from '../database/restoreDump.ts';
import type { RestoreOwner } from '../database/restoreMark.ts';
import { finishTarget, lookAtTarget, removeRestored } from '../database/restoreTarget.ts';
import { readDatabaseSize } from '../database/serverState.ts';
import { stopwatch } from '../system/waiting.ts';
import type { ActivityDeps } from './deps.ts';
import { readDumpOf } from './dumpSource.ts';
import { withHeartbeats } from './heartbeats.ts';
import { requireSettings } from './stores.ts';

export function createRestoreDatabaseActivities(deps: ActivityDeps) {
  const { config } = deps;
  return {
    /**
     * Reads a dump to its last byte and looks whether the server can take it; changes nothing. Fails with `DumpUnusable` where no
     * store has it whole, `DatabaseNotEmpty`, `InvalidConfig` (no server, a key that does not fit), `AccessDenied`, and
     * `EndpointUnreachable`.
     */
    async checkTargetDatabase({ cluster, source, restoreId }: CheckDatabaseInput): Promise<CheckedDatabase> {
      const { database } = source.artifact;
      const server = targetServer(deps, cluster, database);
      return await withHeartbeats(async (report) => {
        const { result: outline, store } = await readDumpOf(
          deps,
          source,
          cluster,
          readOutline,
          (progress) => {
            report({ progress: `check: ${progress} read back` });
          },
        );
        const target = await lookAtTarget(
          server,
          outline,
          restoreOwner(cluster, database, restoreId),
          cancellationSignal(),
        );
        const { leftOver, keptRoles, isDone } = target;
        return { database, server: addressOf(server), store, outline, leftOver, keptRoles, isDone };
      });
    },

    /**
     * Restores a dump. A try after one that failed drops what that one made. Fails with `DatabaseRestoreFailed`, naming line and
     * reason, and as `checkTargetDatabase` does.
     */
    async restoreDatabase(input: RestoreDatabaseInput): Promise<RestoredDatabase> {
      const { cluster, restoreId, checked } = input;
      const { database, outline, store } = checked;
      const server = targetServer(deps, cluster, database);
      const owner = restoreOwner(cluster, database, restoreId);
      const source = { ...input.source, stores: [store] };
      const elapsedMs = stopwatch();
      return await withHeartbeats(async (report) => {
        const { result: target } = await readDumpOf(
          deps,
          source,
          cluster,
          (request) => restoreDump({ ...request, server, outline, owner }),
          (progress) => {
            report({ progress: `${progress} restored` });
          },
        );
        await finishTarget(server, owner, cancellationSignal());
        return {
          database,
          server: addressOf(server),
          databases: await readSizes(server, outline),
          keptRoles: target.keptRoles,
          tookMs: Math.round(elapsedMs()),
        };
      });
    },

    /**
     * Restores a dump into the server for drills, asks the queries, and drops what was made, also after a failure. What a crash
     * left goes when the next drill of this database begins. Answers that are not as expected are no failure.
     */
    async drillDatabase({ source, runId }: DrillDatabaseInput): Promise<DrilledDatabase> {
      const { cluster, artifact } = source;
      const { database } = artifact;
      const { server, queries } = drillSettings(deps, cluster, database);
      const owner = drillOwner(cluster, database, runId);
      const elapsedMs = stopwatch();
      return await withHeartbeats(async (report) => {
        await removeRestored(server, owner, cancellationSignal());
        try {
          const { result: outline, store } = await readDumpOf(
            deps,
            source,
            cluster,
            readOutline,
            (progress) => {
              report({ progress: `drill: ${progress} read back` });
            },
          );
          const { result: target } = await readDumpOf(
            deps,
            { ...source, stores: [store] },
            cluster,
            (request) => restoreDump({ ...request, server, outline, owner }),
            (progress) => {
              report({ progress: `drill: ${progress} restored` });
            },
          );
          const databases = await readSizes(server, outline);
          report({ progress: `drill: asking ${database} ${queries.length} queries` });
          const answers = await askQueries(server, queries, cancellationSignal());
          const { keptRoles } = target;
          const tookMs = Math.round(elapsedMs());
          return { database, server: addressOf(server), databases, keptRoles, tookMs, queries: answers };
        } finally {
          report({ progress: `drill: removing what was restored of ${database}` });
          await removeRestored(server, owner); // after a cancel too
        }
      });
    },

    /** Drops what a drill left whose worker and workflow are gone. */
    async sweepDrillDatabase({ cluster, database }: { cluster: string; database: string }): Promise<void> {
      const { server } = drillSettings({ config }, cluster, database);
      await withHeartbeats(() =>
        removeRestored(server, drillOwner(cluster, database, 'sweep'), cancellationSignal()),
      );
    },
  };
}

function restoreOwner(cluster: string, database: string, id: string): RestoreOwner {
  return { owner: `restore/${cluster}/${database}`, id };
}

function drillOwner(cluster: string, database: string, id: string): RestoreOwner {
  return { owner: `drill/${cluster}/${database}`, id };
}

function targetServer(
  { config }: Pick<ActivityDeps, 'config'>,
  cluster: string,
  database: string,
): DatabaseConfig {
  const server = restoreServer(requireSettings(config, cluster), database);
  if (server !== undefined) return server;
  throw new SafepointError(
    'InvalidConfig',
    `clusters.${cluster} has no server for the dump ${database}; give one under restore.databases`,
  );
}

function drillSettings(
  { config }: Pick<ActivityDeps, 'config'>,
  cluster: string,
  database: string,
): DrillDatabaseConfig {
  const settings = requireSettings(config, cluster).drill?.databases[database];
  if (settings !== undefined) return settings;
  throw new SafepointError(
    'InvalidConfig',
    `clusters.${cluster} has no server for drills of ${database}; give one under drill.databases`,
  );
}

function addressOf({ host, port }: DatabaseConfig): string {
  return `${host}:${port}`;
}

async function readSizes(
  server: DatabaseConfig,
  { databases, builtIn }: DumpOutline,
): Promise<RestoredDatabase['databases']> {
  const sizes: RestoredDatabase['databases'] = [];
  for (const name of [...databases, ...builtIn])
    sizes.push(await readDatabaseSize(server, name, cancellationSignal()));
  return sizes;
}
