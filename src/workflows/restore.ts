import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  allHandlersFinished,
  ChildWorkflowCancellationType,
  condition,
  defineQuery,
  defineUpdate,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import {
  APPROVE_UPDATE,
  GET_STATUS_QUERY,
  RESTORE_WINDOW_WORKFLOW,
  windowWorkflowId,
} from '../contract/names.ts';
import type { RestoreInput, RestorePlan, RestoreResult, RestoreStatus } from '../contract/restore.ts';
import { renderPlan, renderProof } from '../domain/restoreText.ts';
import { formatSeconds } from '../domain/statusTable.ts';
import { afterFailureOptions, planRestoreOptions } from './activityOptions.ts';
import { closeOnError, describeEnd, fail, toFailure } from './failures.ts';
import { checkRestoreShape } from './inputShape.ts';
import type { restoreWindow } from './restoreWindow.ts';

export const getRestoreStatus = defineQuery<RestoreStatus>(GET_STATUS_QUERY);
export const approveRestore = defineUpdate<undefined, [{ digest: string }]>(APPROVE_UPDATE);

const { planRestore } = proxyActivities<Activities>(planRestoreOptions);
const { describeWindow } = proxyActivities<Activities>(afterFailureOptions);

/** A plan that nobody wants after a day is about another world. */
const APPROVAL_WITHIN = '24 h';

/**
 * Restores one set: `{"cluster":"prod","latest":true}`.
 *
 *   plan -> approval, which quotes the digest of the plan -> window (stop, delete, restore, start, prove)
 *
 * Nothing is touched before the approval. The window has the fixed id of the target cluster, so no backup runs into it.
 */
export function restore(input: RestoreInput): Promise<RestoreResult> {
  return closeOnError(async () => {
    checkRestoreShape(input);
    const target = input.into ?? input.cluster;
    const status: RestoreStatus = { cluster: input.cluster, target, stage: 'plan', plan: null, window: null };
    setHandler(getRestoreStatus, () => status, {
      description: 'The plan with its digest, the stage, and where the steps can be watched',
    });
    const plan = await planRestore(input);
    status.plan = plan;
    const approved = input.unattended === true ? plan : await waitForApproval(input, plan, status);
    await condition(allHandlersFinished);
    status.stage = 'restore';
    status.result = await runWindow(approved, status);
    status.stage = 'done';
    const { tookMs } = status.result;
    setCurrentDetails(
      renderPlan(approved, `restored in ${formatSeconds(tookMs)}`, renderProof(status.result)),
    );
    return status.result;
  }, 'RestoreCancelled');
}

/** The plan is made anew when it is approved: what a person has read must be what is done. */
async function waitForApproval(
  input: RestoreInput,
  first: RestorePlan,
  status: RestoreStatus,
): Promise<RestorePlan> {
  let approved: RestorePlan | undefined;
  const show = (plan: RestorePlan) => {
    status.plan = plan;
    setCurrentDetails(renderPlan(plan, 'waits for approval', [howToApprove(plan)]));
  };
  const { cluster, into, force, backupId = first.backupId } = input;
  const sameSet: RestoreInput = {
    cluster,
    backupId,
    ...(into !== undefined && { into }),
    ...(force && { force }),
  };
  status.stage = 'approval';
  show(first);
  setHandler(
    approveRestore,
    async ({ digest }) => {
      const plan = await planRestore(sameSet).catch((error: unknown): never => {
        throw toFailure(error);
      });
      show(plan);
      requireSame(plan, digest);
      approved = plan;
    },
    {
      description: 'Approves the plan of which this is the digest: {"digest":"..."}',
      validator: ({ digest }: { digest: string }) => {
        if (approved !== undefined) throw fail('PlanOutdated', 'this restore was approved already');
        if (status.plan !== null) requireSame(status.plan, digest);
      },
    },
  );
  if (!(await condition(() => approved !== undefined, APPROVAL_WITHIN)) || approved === undefined)
    throw fail('PlanOutdated', `nobody approved plan ${status.plan?.digest ?? ''} within ${APPROVAL_WITHIN}`);
  return approved;
}

function howToApprove({ digest }: RestorePlan): string {
  const command = `safepoint approve ${workflowInfo().workflowId} ${digest}`;
  return `Nothing was touched. Read the plan, then approve it within ${APPROVAL_WITHIN}: \`${command}\`, or the update \`${APPROVE_UPDATE}\` with \`{"digest":"${digest}"}\``;
}

function requireSame(plan: RestorePlan, digest: string): void {
  if (plan.digest === digest) return;
  throw fail(
    'PlanOutdated',
    `the approval is for plan ${digest}; the plan now is ${plan.digest}: ${plan.indices.length} indices to delete in ${plan.target}, set ${plan.backupId}`,
  );
}

async function runWindow(plan: RestorePlan, status: RestoreStatus): Promise<RestoreResult> {
  const steps = `The steps are in the workflow \`${windowWorkflowId(plan.target)}\`, under *Relationships*.`;
  setCurrentDetails(renderPlan(plan, 'at work', [steps]));
  try {
    const window = await startChild<typeof restoreWindow>(RESTORE_WINDOW_WORKFLOW, {
      workflowId: windowWorkflowId(plan.target),
      args: [{ plan }],
      parentClosePolicy: 'REQUEST_CANCEL',
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      staticSummary: `restore of ${plan.cluster} #${plan.backupId} into ${plan.target}`,
    });
    status.window = { workflowId: window.workflowId, runId: window.firstExecutionRunId };
    return await window.result();
  } catch (error) {
    const isBusy = error instanceof WorkflowExecutionAlreadyStartedError;
    const failure = isBusy ? fail('ClusterBusy', await describeWindow(plan.target)) : error;
    const { code, message } = describeEnd(failure, 'RestoreCancelled');
    const notes = isBusy ? [] : [steps, 'Start the same restore again: every step may be done twice.'];
    setCurrentDetails(renderPlan(plan, `failed, ${code}`, [message, ...notes]));
    throw failure;
  }
}
