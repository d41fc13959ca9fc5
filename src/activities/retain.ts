import { SafepointError } from '../contract/errors.ts';
import type { RetainInput, RetentionPlan } from '../contract/retention.ts';
import type { RunLookup } from '../system/runs.ts';
import type { ActivityDeps } from './deps.ts';
import { withHeartbeats } from './heartbeats.ts';
import { planRotation } from './rotation.ts';

/** The sets to delete, and how many stay: a plan of thousands of sets is too large for a history. */
export type Rotation = { remove: { backupId: string; reasons: string[] }[]; kept: number };

export function createRetainActivities({ config, store }: ActivityDeps, runs: RunLookup) {
  return {
    /** Fails with `RotationRefused` when the plan may not be carried out, with `InvalidInput` for a cluster without retention. */
    async planRotation({ cluster, backupIds, force }: RetainInput): Promise<Rotation> {
      const plan = await withHeartbeats(() => planRotation({ config, store, runs }, cluster, { force }));
      requireAllowed(plan);
      const remove = plan.decisions
        .filter(({ action, backupId }) => action === 'delete' && (backupIds?.includes(backupId) ?? true))
        .map(({ backupId, reasons }) => ({ backupId, reasons }));
      return { remove, kept: plan.decisions.length - remove.length };
    },
  };
}

export function requireAllowed({ cluster, refused }: RetentionPlan): void {
  if (refused !== null) throw new SafepointError('RotationRefused', `rotation of ${cluster}: ${refused}`);
}
