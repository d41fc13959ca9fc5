import { WorkflowNotFoundError, type Client, type WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { tsToMs } from '@temporalio/common/lib/time.js';
import type { BackupResult, Verdict } from '../contract/backup.ts';
import {
  BACKUP_WORKFLOW,
  DRILL_WORKFLOW,
  RESTORE_WORKFLOW,
  SENTINEL_ID,
  TASK_QUEUE,
} from '../contract/names.ts';
import type { RunRef } from '../system/runs.ts';
import { toFailure } from './failure.ts';

/** `ended`: Temporal no longer knows how, or it was no run of ours. */
export type RunEnd = { state: Verdict | 'running' | 'cancelled' | 'ended'; problem: string | null };

export type OpenRun = RunRef & { cluster: string | null; startedAt: string };

/** `into`: the cluster that a restore names as its target, if any. */
export type OpenTrialRun = OpenRun & { kind: 'restore' | 'drill'; into: string | null };

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
  const found = await listOpen(client, BACKUP_WORKFLOW);
  return found
    .map(({ workflowId, runId, startedAt, input }) => ({
      ...{ workflowId, runId, startedAt },
      cluster: textOf(input.cluster),
    }))
    .filter((run) => cluster === undefined || run.cluster === cluster);
}

/** Restores and drills of all clusters. */
export async function listOpenTrials(client: Client): Promise<OpenTrialRun[]> {
  const kinds = { restore: RESTORE_WORKFLOW, drill: DRILL_WORKFLOW } as const;
  const found = (['restore', 'drill'] as const).map(async (kind) =>
    (await listOpen(client, kinds[kind])).map(({ workflowId, runId, startedAt, input }) => ({
      ...{ kind, workflowId, runId, startedAt },
      ...{ cluster: textOf(input.cluster), into: textOf(input.into) },
    })),
  );
  return (await Promise.all(found)).flat();
}

type Open = RunRef & { startedAt: string; input: Record<string, unknown> };

/** The oldest first. */
async function listOpen(client: Client, type: string): Promise<Open[]> {
  const query = `WorkflowType = "${type}" AND ExecutionStatus = "Running"`;
  const found: Open[] = [];
  for await (const { workflowId, runId, startTime } of client.workflow.list({ query })) {
    const input = await readInput(client, { workflowId, runId });
    found.push({ workflowId, runId, startedAt: startTime.toISOString(), input });
  }
  return found.sort((left, right) => left.startedAt.localeCompare(right.startedAt));
}

/** It is in the first event, which is there whatever the workers do; search attributes are a matter of the namespace. */
async function readInput(client: Client, { workflowId, runId }: RunRef): Promise<Record<string, unknown>> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
  });
  const payload = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
  if (!payload) return {};
  try {
    return defaultPayloadConverter.fromPayload<Record<string, unknown> | null>(payload) ?? {};
  } catch {
    return {};
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
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
