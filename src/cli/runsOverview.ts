import { WorkflowNotFoundError, type Client, type WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { tsToMs } from '@temporalio/common/lib/time.js';
import type { BackupResult, Verdict } from '../contract/backup.ts';
import { BACKUP_WORKFLOW, SENTINEL_ID, TASK_QUEUE } from '../contract/names.ts';
import type { RunRef } from '../system/runs.ts';
import { toFailure } from './failure.ts';

/** `ended`: Temporal no longer knows how, or it was no run of ours. */
export type RunEnd = { state: Verdict | 'running' | 'cancelled' | 'ended'; problem: string | null };

export type OpenRun = RunRef & { cluster: string | null; startedAt: string };

export async function readEnd(handle: WorkflowHandle): Promise<RunEnd> {
  try {
    const { status } = await handle.describe();
    if (status.name === 'RUNNING') return { state: 'running', problem: null };
    const result = (await handle.result()) as Partial<BackupResult> | undefined;
    const problem = result?.reasons?.join('; ') ?? '';
    return { state: result?.verdict ?? 'ended', problem: problem === '' ? null : problem };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { state: 'ended', problem: null };
    const { code, message } = toFailure(error);
    if (code === 'TemporalUnreachable') throw error;
    return {
      state: code === 'BackupCancelled' ? 'cancelled' : 'failed',
      problem: `${code}: ${message}`,
    };
  }
}

export async function listOpenRuns(client: Client, cluster?: string): Promise<OpenRun[]> {
  const query = `WorkflowType = "${BACKUP_WORKFLOW}" AND ExecutionStatus = "Running"`;
  const found: OpenRun[] = [];
  for await (const { workflowId, runId, startTime } of client.workflow.list({ query })) {
    const of = await readCluster(client, { workflowId, runId });
    found.push({ workflowId, runId, cluster: of, startedAt: startTime.toISOString() });
  }
  return found
    .filter((run) => cluster === undefined || run.cluster === cluster)
    .sort((left, right) => left.startedAt.localeCompare(right.startedAt));
}

/** From the input in the first event, which is there whatever the workers do; search attributes are a matter of the namespace. */
async function readCluster(client: Client, { workflowId, runId }: RunRef): Promise<string | null> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
  });
  const payload = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
  if (!payload) return null;
  try {
    const input: { cluster?: unknown } | null = defaultPayloadConverter.fromPayload(payload);
    return typeof input?.cluster === 'string' ? input.cluster : null;
  } catch {
    return null;
  }
}

const RECENTLY_MS = 60_000; // a worker asks anew once a minute

export async function countWorkers(client: Client): Promise<number> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: TASK_QUEUE }, // of workflow tasks, if nothing else is said
  });
  const recent = pollers.filter(
    ({ lastAccessTime }) => lastAccessTime && Date.now() - tsToMs(lastAccessTime) < RECENTLY_MS + 15_000,
  );
  return new Set(recent.map(({ identity }) => identity)).size;
}

export async function readSentinel(client: Client): Promise<(RunEnd & { startedAt: string }) | null> {
  const query = `WorkflowId STARTS_WITH "${SENTINEL_ID}" AND ExecutionStatus != "Running"`;
  let newest: { handle: WorkflowHandle; startedAt: string } | null = null;
  for await (const { workflowId, runId, startTime } of client.workflow.list({ query, pageSize: 1 })) {
    newest = { handle: client.workflow.getHandle(workflowId, runId), startedAt: startTime.toISOString() };
    break; // the newest comes first
  }
  return newest === null ? null : { ...(await readEnd(newest.handle)), startedAt: newest.startedAt };
}
