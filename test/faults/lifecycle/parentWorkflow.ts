import {
  condition,
  continueAsNew,
  defineSignal,
  setHandler,
  workflowInfo,
  type ParentClosePolicy,
} from '@temporalio/workflow';
import { backupChild } from '../../../src/parent/index.ts';

/** Tells the parent to end while its backup still runs. */
export const leaveSignal = defineSignal('leave');
/** Tells it to go on as a new run, which does nothing. */
export const continueSignal = defineSignal('continue');

/** Somebody's own workflow that takes a backup, and waits for it unless it is told to leave. */
export async function parent(
  workflowId: string,
  cluster: string,
  policy: ParentClosePolicy | 'default',
): Promise<void> {
  if (workflowInfo().continuedFromExecutionRunId !== undefined) return;
  let ends: 'leaves' | 'continues' | undefined;
  setHandler(leaveSignal, () => {
    ends = 'leaves';
  });
  setHandler(continueSignal, () => {
    ends = 'continues';
  });
  const options = policy === 'default' ? {} : { parentClosePolicy: policy };
  await Promise.race([
    backupChild({ cluster }, { workflowId, ...options }),
    condition(() => ends !== undefined),
  ]);
  if (ends === 'continues') await continueAsNew<typeof parent>(workflowId, cluster, policy);
}
