import { getClient } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import { windowWorkflowId } from '../contract/names.ts';
import type { OpenWindow, RunLookup } from '../system/runs.ts';
import { pause, stopwatch } from '../system/waiting.ts';

/** A window that is cancelled resumes within seconds, unless Camunda refuses that. */
const CALLED_OFF_MS = 30_000;
const POLL_MS = 200;

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

/** Cancels the window, which then resumes exporting; `null` when it has closed, else the window that is still open. */
export async function callOffWindow(
  runs: RunLookup,
  cluster: string,
  signal: AbortSignal,
): Promise<OpenWindow | null> {
  const elapsedMs = stopwatch();
  await getClient().workflow.getHandle(windowWorkflowId(cluster)).cancel();
  for (;;) {
    const window = await runs.findOpenWindow(cluster);
    if (window === null || elapsedMs() > CALLED_OFF_MS) return window;
    await pause(POLL_MS, signal);
  }
}
