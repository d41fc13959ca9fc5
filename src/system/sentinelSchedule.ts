import {
  Client,
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
  type ConnectionLike,
  type ScheduleOptions,
} from '@temporalio/client';
import { SENTINEL_ID, SENTINEL_WORKFLOW, TASK_QUEUE } from '../contract/names.ts';

/**
 * Makes sure that the schedule of the sentinel is there with the interval of the config, and runs it at once: a pause that was
 * left while no worker was there must not wait for the next turn. Whether somebody paused the schedule stays as it is.
 */
export async function ensureSentinel(
  connection: ConnectionLike,
  namespace: string,
  everyMs: number,
): Promise<void> {
  const { schedule } = new Client({ connection, namespace });
  const options = scheduleOptions(everyMs);
  const handle = schedule.getHandle(SENTINEL_ID);
  try {
    await schedule.create(options);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await handle.update(({ state }) => ({ ...options, state }));
  }
  await handle.trigger(ScheduleOverlapPolicy.SKIP);
}

function scheduleOptions(everyMs: number) {
  return {
    scheduleId: SENTINEL_ID,
    spec: { intervals: [{ every: everyMs }] },
    action: {
      type: 'startWorkflow',
      workflowType: SENTINEL_WORKFLOW,
      workflowId: SENTINEL_ID,
      taskQueue: TASK_QUEUE,
      args: [],
      staticSummary: 'looks for exporting that is paused with no window open',
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 m', pauseOnFailure: false },
  } satisfies ScheduleOptions;
}
