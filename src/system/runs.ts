import {
  ServiceError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import { windowWorkflowId } from '../contract/names.ts';

/** Status code of gRPC. */
const INVALID_ARGUMENT = 3;

export type RunRef = { workflowId: string; runId: string };

/** A window that is open now. */
export type OpenWindow = {
  /** The backup that it belongs to, if any. */
  holder: RunRef | null;
  /** One sentence that names the holder and says since when. */
  seen: string;
  /** Why its resume is tried again, as the last attempt said it; `null` when no resume is failing. */
  resumeProblem: string | null;
};

/** What Temporal knows of the runs of a cluster. */
export interface RunLookup {
  findOpenWindow(cluster: string): Promise<OpenWindow | null>;
  /** `unknown`: never heard of, or forgotten after the retention of the namespace. */
  readRunState(run: RunRef): Promise<'running' | 'closed' | 'unknown'>;
}

/** `client` is asked for at each call: inside an activity it is known only then. */
export function createRunLookup(client: () => Client): RunLookup {
  return {
    async findOpenWindow(cluster) {
      const window = await describeRun(client(), windowWorkflowId(cluster));
      if (window?.status.name !== 'RUNNING') return null;
      const resumeProblem = failingResume(window);
      return {
        holder: holderOf(window),
        seen: describeWindow(cluster, window, resumeProblem),
        resumeProblem,
      };
    },

    async readRunState({ workflowId, runId }) {
      if (workflowId === '') return 'unknown';
      const newest = await describeRun(client(), workflowId);
      if (newest?.status.name === 'RUNNING') {
        // A run that was reset goes on under another run id.
        const first = newest.raw.workflowExecutionInfo?.firstRunId;
        if (newest.runId === runId || first === runId) return 'running';
      }
      return (await describeRun(client(), workflowId, runId)) === null ? 'unknown' : 'closed';
    },
  };
}

async function describeRun(
  client: Client,
  workflowId: string,
  runId?: string,
): Promise<WorkflowExecutionDescription | null> {
  try {
    return await client.workflow.getHandle(workflowId, runId).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || isRefusedAsInvalid(error)) return null;
    throw error;
  }
}

function failingResume({ raw }: WorkflowExecutionDescription): string | null {
  const step = raw.pendingActivities?.find(({ activityType }) => activityType?.name === 'resumeExporting');
  return step?.lastFailure?.message ?? null;
}

function holderOf({ parentExecution }: WorkflowExecutionDescription): RunRef | null {
  const { workflowId, runId } = parentExecution ?? {};
  return workflowId && runId ? { workflowId, runId } : null;
}

function describeWindow(
  cluster: string,
  window: WorkflowExecutionDescription,
  resumeProblem: string | null,
): string {
  const holder = holderOf(window);
  const who =
    holder === null ? `the window ${window.workflowId}` : `${holder.workflowId} (run ${holder.runId})`;
  const held = `cluster ${cluster} is busy: ${who} has held its window since ${window.startTime.toISOString()}`;
  return resumeProblem === null
    ? held
    : `${held}; it cannot resume exporting: ${resumeProblem}; see \`safepoint resume ${cluster}\``;
}

/** An intent of others may name a run by words that the server takes for no id; such a run it cannot have. */
function isRefusedAsInvalid(error: unknown): boolean {
  const { cause } = error as { cause?: { code?: unknown } };
  return error instanceof ServiceError && cause?.code === INVALID_ARGUMENT;
}
