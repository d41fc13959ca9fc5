import { activityInfo, cancellationSignal } from '@temporalio/activity';
import type { DrillInfo, DrillInput, DrillPlan, DrillRecord } from '../contract/drill.ts';
import { SafepointError } from '../contract/errors.ts';
import { snapshotsToRestore } from '../domain/restorePlan.ts';
import { TRIAL_LEVELS, trialName } from '../domain/setTrial.ts';
import type { ActivityDeps } from './deps.ts';
import { withHeartbeats } from './heartbeats.ts';
import { chooseSet } from './restore/chooseSet.ts';
import { dumpSourceOf } from './restore/planDatabases.ts';
import { requireSettings, storesOfCluster } from './stores.ts';
import { leaveTrialRecord } from './trialRecord.ts';

export function createDrillActivities(deps: ActivityDeps) {
  return {
    /**
     * Fails with `InvalidInput`, with `RestoreRefused` when there is no such set, and with `InvalidConfig` when the level is
     * `databases`, the set has dumps, and none of them has a server.
     */
    async planDrill(input: DrillInput): Promise<DrillPlan> {
      const { cluster, backupId } = input;
      const { drill } = requireSettings(deps.config, cluster);
      const level = input.level ?? drill?.level ?? 'indices';
      if (!TRIAL_LEVELS.includes(level))
        throw new SafepointError(
          'InvalidInput',
          `level is ${JSON.stringify(level)}, must be one of ${TRIAL_LEVELS.join(', ')}`,
        );
      if (level === 'whole' && drill?.into === undefined)
        throw new SafepointError(
          'InvalidInput',
          `a drill of level whole needs clusters.${cluster}.drill.into, the cluster that is overwritten by it`,
        );
      const stores = storesOfCluster(deps, cluster);
      const choice = backupId === undefined ? { latest: true } : { backupId, force: true };
      const { manifest, at } = await withHeartbeats(() => chooseSet(stores, { cluster, ...choice }));
      const hasServer = (database: string) => drill?.databases[database] !== undefined;
      const untried = manifest.artifacts
        .map(({ database }) => database)
        .filter((database) => !hasServer(database));
      if (level === 'databases' && untried.length === manifest.artifacts.length)
        refuseUntried(cluster, untried);
      return {
        ...{ cluster, level, manifest: at },
        backupId: manifest.backupId,
        target: drill?.into ?? cluster,
        startedAt: new Date().toISOString(),
        snapshots: snapshotsToRestore(manifest),
        stallMs: requireSettings(deps.config, drill?.into ?? cluster).budgets.stall,
        databases: manifest.artifacts
          .filter(({ database }) => hasServer(database))
          .map((artifact) => ({
            database: artifact.database,
            source: dumpSourceOf(deps.config, { manifest, at }, artifact),
          })),
        untried,
      };
    },

    /** Leaves what was tried beside the set, in every store that has it and is not down. */
    async recordDrill({ plan, indices, proof, failure }: DrillInfo): Promise<void> {
      const { cluster, target, backupId, level, startedAt } = plan;
      const endedAt = new Date().toISOString();
      const ok = failure === undefined;
      const record: DrillRecord = {
        schema: 'safepoint/drill/v1',
        ...{ cluster, target, backupId, level, ok, startedAt, endedAt, indices },
        ...(failure !== undefined && { failure }),
        ...proof,
        workflowId: activityInfo().workflowExecution?.workflowId ?? '',
      };
      const name = trialName({ kind: 'drill', at: endedAt, level, ok });
      const trial = { cluster, backupId, name, record };
      await leaveTrialRecord(storesOfCluster(deps, cluster), trial, { signal: cancellationSignal() });
    },
  };
}

/** A level that restored nothing would count as proven. A set without dumps has none that could be missed. */
function refuseUntried(cluster: string, untried: readonly string[]): void {
  if (untried.length === 0) return;
  const fields = untried.map((database) => `clusters.${cluster}.drill.databases.${database}`);
  throw new SafepointError(
    'InvalidConfig',
    `a drill of level databases would restore nothing: give a server for drills under ${fields.join(' or ')}`,
  );
}
