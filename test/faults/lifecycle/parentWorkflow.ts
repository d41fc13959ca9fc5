import {
  condition,
  defineSignal,
  setHandler,
  startChild,
  type ParentClosePolicy,
} from '@temporalio/workflow';

/** Tells the parent to end while its backup still runs. */
export const leaveSignal = defineSignal('leave');

/** Somebody's own workflow that starts a backup as its child, and waits for it unless it is told to leave. */
export async function parent(
  taskQueue: string,
  workflowId: string,
  cluster: string,
  parentClosePolicy: ParentClosePolicy,
): Promise<void> {
  let leaves = false;
  setHandler(leaveSignal, () => {
    leaves = true;
  });
  const child = await startChild('backup', { taskQueue, workflowId, args: [{ cluster }], parentClosePolicy });
  await Promise.race([child.result(), condition(() => leaves)]);
}
