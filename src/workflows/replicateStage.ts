import { ChildWorkflowCancellationType, executeChild, sleep } from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { BackupPlan, BackupResult } from '../contract/backup.ts';
import { REPLICATE_WORKFLOW, replicateWorkflowId } from '../contract/names.ts';
import { toFailure } from './failures.ts';
import type { Lines } from './lines.ts';
import type { replicate } from './replicate.ts';

const OTHER_COPY_POLL = '5 m';
const MOST_POLLS = 12;

/**
 * The last stage of a backup that is there already: whatever happens to its copies is told in the result and never fails the
 * run. A copy of an older set is waited for, up to an hour.
 */
export async function replicateStage(
  { cluster }: BackupPlan,
  backupId: string,
  lines: Lines,
): Promise<BackupResult['replica']> {
  const workflowId = replicateWorkflowId(cluster);
  try {
    await lines.follow('replicate', () => copyOf(cluster, backupId));
    return { state: 'copied', workflowId };
  } catch (error) {
    const { type, message } = toFailure(error);
    const problem = `set ${backupId} is whole, but its copy is not: ${type}: ${message}; repeat it with \`safepoint replicate ${cluster} ${backupId}\``;
    return { state: 'failed', workflowId, problem };
  }
}

async function copyOf(cluster: string, backupId: string) {
  for (let polls = 0; ; polls += 1) {
    try {
      return await executeChild<typeof replicate>(REPLICATE_WORKFLOW, {
        workflowId: replicateWorkflowId(cluster),
        args: [{ cluster, backupId }],
        parentClosePolicy: 'REQUEST_CANCEL',
        cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
        staticSummary: `copies of ${cluster} #${backupId}`,
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError) || polls === MOST_POLLS) throw error;
      await sleep(OTHER_COPY_POLL, { summary: 'another copy of this cluster runs' });
    }
  }
}
