import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { executeChild, isCancellation, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { DELETE_SET_WORKFLOW, deleteSetWorkflowId } from '../contract/names.ts';
import type { RetainInput, RetainResult } from '../contract/retention.ts';
import { deletionOptions } from './activityOptions.ts';
import type { deleteSet } from './deleteSet.ts';
import { closeOnError, toFailure } from './failures.ts';
import { checkRetainShape } from './inputShape.ts';

const { planRotation } = proxyActivities<Activities>(deletionOptions);

/**
 * Carries out the retention of one cluster: plans, then deletes set after set, the oldest first. After each complete backup, by
 * `safepoint prune CLUSTER --apply`, or by hand with `{"cluster":"prod"}`. A set that cannot be deleted does not stop the others.
 */
export function retain(input: RetainInput): Promise<RetainResult> {
  return closeOnError(async () => {
    checkRetainShape(input);
    const { cluster } = input;
    const { remove, kept } = await planRotation(input);
    const result: RetainResult = { cluster, deleted: [], left: [], kept };
    for (const { backupId, reasons } of remove.toReversed()) {
      const left = await tryToDelete({ cluster, backupId, reasons });
      if (left.length === 0) result.deleted.push(backupId);
      result.left.push(...left.map((reason) => ({ backupId, reason })));
    }
    return result;
  });
}

async function tryToDelete(input: {
  cluster: string;
  backupId: string;
  reasons: string[];
}): Promise<string[]> {
  const { cluster, backupId } = input;
  try {
    const { left } = await executeChild<typeof deleteSet>(DELETE_SET_WORKFLOW, {
      workflowId: deleteSetWorkflowId(cluster, backupId),
      args: [input],
      staticSummary: `delete set ${backupId} of ${cluster}`,
    });
    return left;
  } catch (error) {
    if (isCancellation(error)) throw error;
    if (error instanceof WorkflowExecutionAlreadyStartedError) return ['its deletion is under way already'];
    return [toFailure(error).message];
  }
}
