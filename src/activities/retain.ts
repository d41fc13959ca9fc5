import { cancellationSignal } from '@temporalio/activity';
import { SafepointError } from '../contract/errors.ts';
import type { RetainInput, RetentionPlan } from '../contract/retention.ts';
import { setKey } from '../domain/setKeys.ts';
import type { RunLookup } from '../system/runs.ts';
import type { ActivityDeps } from './deps.ts';
import { withHeartbeats } from './heartbeats.ts';
import { planRotation } from './rotation.ts';
import { storesOfCluster } from './stores.ts';

/** A history holds no more; the oldest go first, the others with the next rotation. */
const MOST_AT_ONCE = 500;

/** The sets to delete, newest first, and how many stay. */
export type Rotation = { remove: { backupId: string; reasons: string[] }[]; kept: number };

export function createRetainActivities({ config, store }: ActivityDeps, runs: RunLookup) {
  /** Of sets whose run is gone; what a store does not let us list or give back goes by the rule of the bucket. */
  async function sweepUploads({ cluster, decisions }: RetentionPlan): Promise<void> {
    const dead = decisions.filter(
      ({ state, action }) => state === 'failed' || (state === 'unfinished' && action === 'delete'),
    );
    for (const target of storesOfCluster({ config, store }, cluster))
      for (const { backupId } of dead)
        await target
          .removeUnfinished(setKey(cluster, backupId, ''), new Date().toISOString(), {
            signal: cancellationSignal(),
          })
          .catch(() => undefined);
  }

  return {
    /** Fails with `RotationRefused` when the plan may not be carried out, with `InvalidInput` for a cluster without retention. */
    async planRotation({ cluster, backupIds, force }: RetainInput): Promise<Rotation> {
      const plan = await withHeartbeats(async () => {
        const planned = await planRotation({ config, store, runs }, cluster, { force });
        requireAllowed(planned);
        await sweepUploads(planned);
        return planned;
      });
      const going = plan.decisions.filter(
        ({ action, backupId }) => action === 'delete' && (backupIds?.includes(backupId) ?? true),
      );
      const remove = going.slice(-MOST_AT_ONCE).map(({ backupId, reasons }) => ({ backupId, reasons }));
      return { remove, kept: plan.decisions.length - going.length };
    },
  };
}

function requireAllowed({ cluster, refused }: RetentionPlan): void {
  if (refused !== null) throw new SafepointError('RotationRefused', `rotation of ${cluster}: ${refused}`);
}
