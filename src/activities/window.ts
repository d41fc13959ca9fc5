import { getClient } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { RunLookup } from '../system/runs.ts';

export function createWindowActivities(runs: RunLookup) {
  return {
    /** Why a window could not be opened, in one sentence that names the run which holds it. */
    async describeWindow(cluster: string): Promise<string> {
      const window = await runs.findOpenWindow(cluster);
      return window?.seen ?? `the window of cluster ${cluster} was held a moment ago; start again`;
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
