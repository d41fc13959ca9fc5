import {
  defineQuery,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { GET_STATUS_QUERY } from '../contract/names.ts';
import type {
  ReplicaRecord,
  ReplicaSet,
  ReplicateInput,
  ReplicatePlan,
  ReplicateResult,
  ReplicateStatus,
} from '../contract/replica.ts';
import { renderDetails } from '../domain/statusTable.ts';
import { planOptions, replicateOptions } from './activityOptions.ts';
import { closeOnError, fail, toFailure, wasCancelled } from './failures.ts';
import { checkReplicateShape } from './inputShape.ts';
import { createLines, type Lines } from './lines.ts';

export const getReplicateStatus = defineQuery<ReplicateStatus>(GET_STATUS_QUERY);

const { planReplicate } = proxyLocalActivities<Activities>(planOptions);

/**
 * Copies the backups of components of one set to other places: Zeebe's objects, then the snapshot repository. Its fixed id keeps
 * two of one cluster apart. It holds no window: a backup may start meanwhile, and the copy of the repository waits for it.
 */
export async function replicate(input: ReplicateInput): Promise<ReplicateResult> {
  const status: ReplicateStatus = { cluster: '', backupId: null, lines: [] };
  const lines = createLines([]);
  setHandler(getReplicateStatus, () => ({ ...status, lines: lines.all() }), {
    description: 'What is copied, since when, and what is wrong',
  });
  lines.onChange(() => {
    const set = status.backupId === null ? status.cluster : `${status.cluster} #${status.backupId}`;
    setCurrentDetails(renderDetails(`copies of ${set}`, lines.all()));
  });

  return await closeOnError(async () => {
    checkReplicateShape(input);
    status.cluster = input.cluster;
    const plan = await planReplicate(input);
    const options = replicateOptions(plan.budgetMs);
    const { chooseReplicaSet } = proxyActivities<Activities>(options);
    const set = await chooseReplicaSet.executeWithOptions(
      { ...options, summary: `which set of ${plan.cluster}` },
      [plan],
    );
    status.backupId = set.backupId;
    return {
      cluster: plan.cluster,
      backupId: set.backupId,
      replicas: await copyAll(plan, set, lines),
    };
  });
}

/** One after the other, as both want the same bandwidth; what fails does not keep the other from being copied. */
async function copyAll(plan: ReplicatePlan, set: ReplicaSet, lines: Lines): Promise<ReplicaRecord[]> {
  const options = replicateOptions(plan.budgetMs);
  const { replicateZeebe, replicateSnapshots } = proxyActivities<Activities>(options);
  const steps = [
    { kind: 'zeebe', wanted: plan.zeebe !== null, copy: replicateZeebe },
    { kind: 'snapshots', wanted: plan.snapshots !== null, copy: replicateSnapshots },
  ].filter(({ wanted }) => wanted);
  const replicas: ReplicaRecord[] = [];
  const failures: { kind: string; error: unknown }[] = [];
  for (const { kind, copy } of steps) {
    try {
      replicas.push(
        await lines.follow(kind, () =>
          copy.executeWithOptions({ ...options, summary: `copy ${kind} of #${set.backupId}` }, [
            { plan, set },
          ]),
        ),
      );
    } catch (error) {
      if (wasCancelled(error)) throw error;
      failures.push({ kind, error });
    }
  }
  const [first] = failures;
  if (first === undefined) return replicas;
  const told = failures.map(({ kind, error }) => `${kind}: ${toFailure(error).message}`).join('; ');
  throw fail(toFailure(first.error).type as Parameters<typeof fail>[0], told, first.error);
}
