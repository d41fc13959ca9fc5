import { randomUUID } from 'node:crypto';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { tsToMs } from '@temporalio/common/lib/time.js';
import type { BackupInput, BackupResult, WindowInput, WindowResult } from '../src/contract/backup.ts';
import { BACKUP_WORKFLOW, TASK_QUEUE, windowWorkflowId } from '../src/contract/names.ts';

/** One part of the cut in a run. Times are Unix milliseconds. */
export type PartTimes = {
  part: string;
  /** From the trigger until it was seen complete. */
  tookMs: number;
  /** From the start of its activity until it was begun: the wait until the exporter is quiet. */
  settlingMs: number;
  /** When its activity ended, by the server's clock. */
  endedAtMs: number;
};

/** What the server tells about a backup that has ended, both workflows together. */
export type Run = {
  verdict: string;
  wholeMs: number; // start to close
  windowMs: number;
  parts: PartTimes[];
  /** Names of the parts that were taken side by side, wave after wave. */
  waves: string[][];
  events: number;
  bytes: number;
  /** How long activities waited until a worker took them. */
  queuedMs: number[];
};

export async function startBackup(client: Client, input: BackupInput): Promise<WorkflowHandle> {
  const workflowId = `bench-${input.cluster}-${randomUUID()}`;
  return await client.workflow.start(BACKUP_WORKFLOW, { taskQueue: TASK_QUEUE, workflowId, args: [input] });
}

/** Takes a backup and reads its times. No other one of the same cluster may begin before it returns. */
export async function takeBackup(client: Client, input: BackupInput): Promise<Run> {
  const handle = await startBackup(client, input);
  return await readRun(client, handle, input.cluster);
}

/** Waits for the end of the newest backup of the cluster. Fails when that has failed. */
export async function readRun(client: Client, handle: WorkflowHandle, cluster: string): Promise<Run> {
  const result = (await handle.result()) as BackupResult;
  const window = client.workflow.getHandle(windowWorkflowId(cluster));
  const { parts } = (await window.result()) as WindowResult;
  const [whole, child] = [await handle.describe(), await window.describe()];
  const [own, inner] = [await readActivities(handle), await readActivities(window)];
  const { set } = (await readInput(window)) as WindowInput;
  return {
    verdict: result.verdict,
    wholeMs: (whole.closeTime?.getTime() ?? NaN) - whole.startTime.getTime(),
    windowMs: result.windowMs,
    parts: parts.map(({ part, tookMs, startedAt }) => {
      const activity = inner.find((it) => it.part === part);
      if (activity === undefined) throw new Error(`the window has no activity of the part ${part}`);
      const settlingMs = Date.parse(startedAt) - activity.startedAtMs;
      return { part, tookMs, settlingMs, endedAtMs: activity.endedAtMs };
    }),
    waves: set.waves,
    events: whole.historyLength + child.historyLength,
    bytes: (whole.historySize ?? 0) + (child.historySize ?? 0),
    queuedMs: [...own, ...inner].map(({ scheduledAtMs, startedAtMs }) => startedAtMs - scheduledAtMs),
  };
}

async function readInput(handle: WorkflowHandle): Promise<unknown> {
  const [first] = (await handle.fetchHistory()).events ?? [];
  const [input] = first?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  if (!input) throw new Error(`${handle.workflowId} has no input`);
  return defaultPayloadConverter.fromPayload(input);
}

type Activity = { part: string | undefined; scheduledAtMs: number; startedAtMs: number; endedAtMs: number };

/** Activities that ended well, by the times of their events. */
async function readActivities(handle: WorkflowHandle): Promise<Activity[]> {
  const events = (await handle.fetchHistory()).events ?? [];
  return events.flatMap((end) => {
    const completed = end.activityTaskCompletedEventAttributes;
    if (!completed) return [];
    const find = (id: unknown) => events.find(({ eventId }) => String(eventId) === String(id));
    const [scheduled, started] = [find(completed.scheduledEventId), find(completed.startedEventId)];
    const [input] = scheduled?.activityTaskScheduledEventAttributes?.input?.payloads ?? [];
    const decoded = input ? defaultPayloadConverter.fromPayload<{ part?: string }>(input) : {};
    return [
      {
        part: decoded.part,
        scheduledAtMs: tsToMs(scheduled?.eventTime),
        startedAtMs: tsToMs(started?.eventTime),
        endedAtMs: tsToMs(end.eventTime),
      },
    ];
  });
}
