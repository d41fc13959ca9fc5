import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { execa } from 'execa';
import { z } from 'zod';
import { BACKUP_WORKFLOW, TASK_QUEUE } from '../../src/contract/names.ts';
import { startProcess, waitUntilReady, type RunningProcess } from '../stack/process.ts';
import type { Temporal } from '../stack/temporal.ts';

const WORKER_READY_MS = 60_000;

const entry = path.join(import.meta.dirname, '..', '..', 'src', 'client.ts');

/** Starts `safepoint worker` as a process of its own, as an operator would; ready when it asks Temporal for work. */
export async function startWorker(
  dataDir: string,
  env: Record<string, string>,
  { address, namespace }: Temporal,
): Promise<RunningProcess> {
  const worker = await startProcess({
    name: 'safepoint worker',
    command: process.execPath,
    args: [entry, 'worker'],
    env,
    logFile: path.join(dataDir, 'logs', 'worker.log'),
  });
  const connection = await Connection.connect({ address });
  try {
    await waitUntilReady(worker, WORKER_READY_MS, async () => {
      const { pollers } = await connection.workflowService.describeTaskQueue({
        namespace,
        taskQueue: { name: TASK_QUEUE },
        taskQueueType: proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
      });
      return pollers.length > 0 ? true : undefined;
    });
  } finally {
    await connection.close();
  }
  return worker;
}

/** Runs `safepoint` in this terminal and returns its exit code. */
export async function runProduct(
  args: string[],
  env: Record<string, string>,
  signal: AbortSignal,
): Promise<number> {
  const ended = await execa(process.execPath, [entry, ...args], {
    env,
    stdio: 'inherit',
    reject: false,
    cancelSignal: signal,
  });
  return ended.exitCode ?? 1;
}

const SetList = z.object({ sets: z.tuple([z.object({ backupId: z.string() })]) });

/** Id of the newest complete set. */
export async function findSet(env: Record<string, string>): Promise<string> {
  const choice = ['--state', 'complete', '--newest', '1', '--json'];
  const { stdout } = await execa(process.execPath, [entry, 'list', 'demo', ...choice], { env });
  return SetList.parse(JSON.parse(stdout)).sets[0].backupId;
}

/** Workflow id of the newest backup that was started since; undefined when none was, as after a failed start. */
export async function findRun(
  { address, namespace }: Temporal,
  sinceIso: string,
): Promise<string | undefined> {
  const connection = await Connection.connect({ address });
  try {
    const { workflow } = new Client({ connection, namespace });
    const query = `WorkflowType = "${BACKUP_WORKFLOW}" AND StartTime >= "${sinceIso}"`;
    for await (const { workflowId } of workflow.list({ query })) return workflowId;
    return undefined;
  } finally {
    await connection.close();
  }
}
