import { getClient } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import { windowWorkflowId } from '../contract/names.ts';

export function createWindowActivities() {
  return {
    /** Why a window could not be opened, in one sentence that names the run which holds it. */
    async describeWindow(cluster: string): Promise<string> {
      return (
        (await findOpenWindow(cluster)) ??
        `the window of cluster ${cluster} was held a moment ago; start again`
      );
    },

    /** Ends a window that is over its budget, which frees the lock. One that has ended meanwhile is no error. */
    async endWindow({ workflowId, runId }: { workflowId: string; runId: string }): Promise<void> {
      try {
        await getClient()
          .workflow.getHandle(workflowId, runId)
          .terminate('over its budget; exporting was resumed by backup');
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    },
  };
}

/** One sentence that names the holder of the cluster's window; `null` when the window is free. */
export async function findOpenWindow(cluster: string): Promise<string | null> {
  try {
    const window = await getClient().workflow.getHandle(windowWorkflowId(cluster)).describe();
    if (window.status.name !== 'RUNNING') return null;
    const holder = window.parentExecution;
    const who =
      holder?.workflowId === undefined
        ? `the window ${window.workflowId}`
        : `${holder.workflowId} (run ${holder.runId ?? ''})`;
    return `cluster ${cluster} is busy: ${who} has held its window since ${window.startTime.toISOString()}`;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}
