import {
  isGrpcServiceError,
  WorkflowNotFoundError,
  type WorkflowHandle,
  type WorkflowExecutionStatusName,
} from '@temporalio/client';
import type { BackupResult } from '../../src/contract/backup.ts';
import { until } from './until.ts';

/** How a run ended; `code` and `message` are those of its failure. */
export type RunEnd = {
  status: WorkflowExecutionStatusName;
  result?: BackupResult;
  code?: string;
  message?: string;
};

/** Waits for the end of a run, also across a Temporal that is away meanwhile. */
export async function endOf(handle: WorkflowHandle, timeoutMs = 120_000): Promise<RunEnd> {
  const status = await until(
    `run ${handle.workflowId} ends`,
    async () => {
      const { name } = (await handle.describe()).status;
      return name === 'RUNNING' ? undefined : name;
    },
    timeoutMs,
  );
  if (status === 'COMPLETED') return { status, result: (await handle.result()) as BackupResult };
  try {
    await handle.result();
  } catch (error) {
    const { cause } = error as { cause?: { type?: string; message?: string } };
    return { status, code: cause?.type ?? '', message: cause?.message ?? String(error) };
  }
  throw new Error(`run ${handle.workflowId} is ${status} and has a result`);
}

/** Whether a run with the id is open, also across a Temporal that is away meanwhile. */
export async function isOpen(handle: WorkflowHandle, timeoutMs = 30_000): Promise<boolean> {
  const seen = await until(
    `Temporal says whether ${handle.workflowId} is open`,
    async () => {
      try {
        return (await handle.describe()).status.name === 'RUNNING' ? 'open' : 'closed';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'closed';
        if (isGrpcServiceError(error)) return undefined;
        throw error;
      }
    },
    timeoutMs,
  );
  return seen === 'open';
}

/** `until` for something that happens within a run: a run that ends before it is an error that says how. */
export async function untilWithin<T>(
  handle: WorkflowHandle,
  what: string,
  condition: () => T | Promise<T>,
): Promise<void> {
  await until(what, condition).catch(async (error: unknown) => {
    const end = await endOf(handle, 1_000).catch(() => 'is still open');
    throw new Error(`${String(error)}; the run ${JSON.stringify(end)}`, { cause: error });
  });
}
