import {
  CancellationScope,
  ChildWorkflowCancellationType,
  ChildWorkflowFailure,
  proxyActivities,
  sleep,
  startChild,
  TerminatedFailure,
  TimeoutFailure,
  CancelledFailure,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { Activities } from '../activities/index.ts';
import type { BackupPlan, WindowInput, WindowResult } from '../contract/backup.ts';
import { WINDOW_WORKFLOW, windowWorkflowId } from '../contract/names.ts';
import { afterFailureOptions } from './activityOptions.ts';
import type { backupWindow } from './backupWindow.ts';
import { fail } from './failures.ts';
import { resumeInstead, type Resuming } from './resume.ts';
import { searchAttributesOf } from './searchAttributes.ts';

const { describeWindow, endWindow } = proxyActivities<Activities>(afterFailureOptions);

type WindowHandle = ChildWorkflowHandle<typeof backupWindow>;

/**
 * Opens the window of the cluster. Its fixed id is the lock: a second one fails at once with `ClusterBusy`, naming the
 * run that holds it. When this run dies the server cancels the window, which resumes exporting itself.
 */
export async function openWindow(input: WindowInput): Promise<WindowHandle> {
  const { cluster } = input.plan;
  try {
    return await startChild<typeof backupWindow>(WINDOW_WORKFLOW, {
      workflowId: windowWorkflowId(cluster),
      args: [input],
      parentClosePolicy: 'REQUEST_CANCEL',
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      staticSummary: `window of ${cluster} #${input.set.backupId}`,
      typedSearchAttributes: searchAttributesOf(input.plan, { backupId: input.set.backupId }),
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    throw fail('ClusterBusy', await describeWindow(cluster));
  }
}

/**
 * Waits for the window and stands in for it: when it dies without having resumed, or runs over its budget, exporting is
 * resumed here and the lock is freed. Resuming twice is harmless.
 */
export async function superviseWindow(
  plan: BackupPlan,
  backupId: string,
  window: WindowHandle,
): Promise<WindowResult> {
  const resuming: Resuming = { plan, backupId, by: 'backup', pauseIsOver: false };
  // Outside the cancel of this run: a window that is told to stop must still end within its budget.
  const timer = await CancellationScope.nonCancellable(() => Promise.resolve(new CancellationScope()));
  const overBudget = timer.run(async () => {
    await sleep(plan.budgets.windowMs, { summary: 'longest allowed window' });
    return 'overBudget' as const;
  });
  overBudget.catch(() => undefined); // cancelled when the window ends in time
  try {
    const first = await Promise.race([window.result(), overBudget]);
    if (first !== 'overBudget') return first;
    // First ended, so that nothing of it pauses again; an end that fails must not keep exporting paused.
    await CancellationScope.nonCancellable(() =>
      endWindow({ workflowId: window.workflowId, runId: window.firstExecutionRunId }),
    ).catch(() => undefined);
    await resumeInstead(resuming);
    throw lost(
      plan,
      window,
      `was still open after its budget of ${plan.budgets.windowMs / 1000} s and was ended`,
    );
  } catch (error) {
    const end = howWindowDied(error);
    if (end === null) throw error;
    await resumeInstead(resuming);
    throw lost(plan, window, end);
  } finally {
    timer.cancel();
  }
}

/** `null` when the window ended by itself, which includes a cancel that came from this run. */
function howWindowDied(error: unknown): string | null {
  if (!(error instanceof ChildWorkflowFailure)) return null;
  if (error.cause instanceof TerminatedFailure) return 'was terminated';
  if (error.cause instanceof TimeoutFailure) return 'timed out';
  if (error.cause instanceof CancelledFailure && !CancellationScope.current().consideredCancelled) {
    return 'was cancelled by itself';
  }
  return null;
}

function lost(plan: BackupPlan, window: WindowHandle, end: string) {
  return fail(
    'WindowLost',
    `the window ${window.workflowId} of cluster ${plan.cluster} ${end}; exporting was resumed`,
  );
}
