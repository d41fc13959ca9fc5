import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { SafepointError } from '../contract/errors.ts';
import type {
  RestoredIndex,
  RestoreInfo,
  RestoreInput,
  RestoreMarker,
  RestorePlan,
  RestoreProof,
  RestoreRef,
  RestoreStep,
  Surroundings,
} from '../contract/restore.ts';
import { setKey, TOMBSTONE } from '../domain/setKeys.ts';
import type { ObjectStore } from '../storage/port.ts';
import type { ActivityDeps } from './deps.ts';
import { withHeartbeats } from './heartbeats.ts';
import { createHookActivities } from './hooks.ts';
import { deleteUntilGone } from './restore/deleteUntilGone.ts';
import { readIndicesInTheWay } from './restore/indicesInTheWay.ts';
import { makePlan, type PlanDeps } from './restore/makePlan.ts';
import { readMarker, removeMarker, writeMarker, type MarkerStores } from './restore/marker.ts';
import { readPlannedManifest } from './restore/plannedManifest.ts';
import { proveRestored } from './restore/prove.ts';
import { recordTrial } from './restore/record.ts';
import { requireSettings, storesOfCluster } from './stores.ts';

type Opened = Pick<RestoreMarker, 'cluster' | 'target' | 'backupId'>;

/** Up to here nothing was deleted; a restore that fails before it leaves nothing open. */
const HARMLESS: readonly RestoreStep[] = ['dumps', 'stop'];

export function createRestoreActivities(deps: ActivityDeps) {
  const hooks = createHookActivities(deps);
  const planDeps: PlanDeps = { ...deps, dryRunHooks: (input) => hooks.dryRunHooks(input) };
  const call = () => ({ signal: cancellationSignal() });
  const leadStore = (cluster: string) => deps.store(requireSettings(deps.config, cluster).store);
  const markerStores = ({ cluster, target }: Opened): MarkerStores => ({
    target: leadStore(target),
    set: leadStore(cluster),
  });

  return {
    /** What the restore would do now. Touches nothing. Fails with `InvalidInput` and `RestoreRefused`. */
    async planRestore(input: RestoreInput): Promise<RestorePlan> {
      return await withHeartbeats(() => makePlan(planDeps, input, call()));
    },

    /** Leaves word in the store of the target which step begins, before it begins. Fails with `RestoreRefused`. */
    async enterRestoreStep({ ref, step }: { ref: RestoreRef; step: RestoreStep }): Promise<void> {
      const { workflowExecution } = activityInfo();
      const { cluster, target, backupId, restoreId } = ref;
      const stores = markerStores(ref);
      const before = await readMarker(stores.target, target, call());
      const runId = workflowExecution?.runId ?? '';
      // What another restore has deleted is still gone while this one only begins.
      if (before !== null && before.runId !== runId && HARMLESS.includes(step)) return;
      const startedAt = before?.runId === runId ? before.startedAt : new Date().toISOString();
      await writeMarker(
        stores,
        {
          schema: 'safepoint/restore-marker/v1',
          ...{ cluster, target, backupId, restoreId, runId, startedAt, step },
          workflowId: workflowExecution?.workflowId ?? '',
        },
        call(),
      );
      // A deletion that begins after this looks for our marker, see deletion.ts.
      if (HARMLESS.includes(step)) await refuseDeleted(stores.set, ref);
    },

    /** Fails with `NotStopped`, naming each process that answers or may. */
    async proveStopped({ target }: RestoreRef): Promise<{ stopped: true }> {
      const running = await deps.camunda(target).findRunning(call());
      if (running.length === 0) return { stopped: true };
      const each = running.map(({ component, url, seen }) => `${component} at ${url} ${seen}`);
      throw new SafepointError('NotStopped', `not stopped yet: ${each.join('; ')}`);
    },

    /**
     * Deletes the indices of the plan, and those that Camunda has made since it was planned. Fails with `PlanOutdated` when there
     * is an older one that the plan does not name, and deletes nothing then.
     */
    async deletePlannedIndices(plan: RestorePlan): Promise<{ deleted: string[] }> {
      const camunda = deps.camunda(plan.target);
      return await withHeartbeats(async (report) => {
        const manifest = await readPlannedManifest(deps, plan, call());
        const live = await readIndicesInTheWay(camunda, manifest, call());
        const unplanned = live.filter((name) => !plan.indices.includes(name));
        const known = await camunda.searchEngine.listIndices(unplanned, call());
        const older = known.filter(
          ({ name, createdAt }) => unplanned.includes(name) && createdAt < plan.plannedAt,
        );
        if (older.length > 0)
          throw new SafepointError(
            'PlanOutdated',
            `indices are in the way that plan ${plan.digest} does not name, and that are older than it: ${older.map(({ name }) => name).join(', ')}`,
          );
        await deleteUntilGone(camunda.searchEngine, live, report, cancellationSignal());
        return { deleted: live };
      });
    },

    /** Names of the templates and aliases that belong to the indices of the set. */
    async readSurroundings(ref: RestoreRef): Promise<Surroundings> {
      const manifest = await readPlannedManifest(deps, ref, call());
      return await readAround(ref.target, Object.values(manifest.searchEngine.indexPrefixes));
    },

    /** Fails with `RestoreNotProven` as long as something is missing that must come. */
    async proveRestored(input: {
      ref: RestoreRef;
      before: Surroundings;
      indices: RestoredIndex[];
    }): Promise<RestoreProof> {
      const { ref, before, indices } = input;
      return await withHeartbeats(async () => {
        const manifest = await readPlannedManifest(deps, ref, call());
        const after = await readAround(ref.target, Object.values(manifest.searchEngine.indexPrefixes));
        const camunda = deps.camunda(ref.target);
        return await proveRestored({ camunda, manifest, before, after, indices, call: call() });
      });
    },

    /** Leaves what was done beside the set, and nothing open in the target unless data was deleted and is not proven to be back. */
    async recordRestore(info: RestoreInfo): Promise<void> {
      const { plan, failure, step } = info;
      if (failure === undefined || (plan.unfinished === null && HARMLESS.includes(step)))
        for (const opened of openedBy(plan))
          if (Object.hasOwn(deps.config.clusters, opened.cluster))
            await removeMarker(markerStores(opened), opened, call());
      await recordTrial(storesOfCluster(deps, plan.cluster), info, call());
    },
  };

  async function refuseDeleted(store: ObjectStore, { cluster, backupId }: RestoreRef): Promise<void> {
    if ((await store.head(setKey(cluster, backupId, TOMBSTONE), call())) === null) return;
    throw new SafepointError(
      'RestoreRefused',
      `set ${backupId} of ${cluster} is being deleted; choose another one with \`safepoint list ${cluster}\``,
    );
  }

  async function readAround(target: string, prefixes: string[]): Promise<Surroundings> {
    const { searchEngine } = deps.camunda(target);
    const [templates, aliases] = await Promise.all([
      searchEngine.readTemplates(prefixes, call()),
      searchEngine.readAliases(prefixes, call()),
    ]);
    return {
      templates: templates.map(({ name }) => name),
      aliases: [...new Set(aliases.map(({ alias }) => alias))],
    };
  }
}

/** This restore, and the one before it that did not end. */
function openedBy(plan: RestorePlan): Opened[] {
  const { unfinished } = plan;
  return unfinished === null || unfinished.backupId === 'unknown' ? [plan] : [unfinished, plan];
}
