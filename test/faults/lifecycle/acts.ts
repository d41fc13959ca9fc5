import { randomUUID } from 'node:crypto';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { BACKUP_WORKFLOW, TASK_QUEUE } from '../../../src/contract/names.ts';
import type { Installation } from '../installation.ts';
import { until } from '../until.ts';
import type { ParentWorker } from './parentWorker.ts';

/** What is done to a run. */
export type Act = {
  what: string;
  /** Default: as a client starts a backup. */
  start?: (place: StartPlace) => Promise<unknown>;
  hit: (target: Target) => Promise<unknown>;
  /** The backup does not hear of it. */
  goesOn?: boolean;
  /** After 25 s: a phase that stands only because Temporal is slow is over by then. */
  comesLate?: boolean;
  hitsWindow?: boolean;
};
export type StartPlace = {
  installation: Installation;
  parents: ParentWorker;
  cluster: string;
  workflowId: string;
};
export type Target = {
  client: Client;
  backup: WorkflowHandle;
  window: WorkflowHandle;
  parent: WorkflowHandle;
};

export type ActName =
  | 'cancelled'
  | 'terminated'
  | 'reset'
  | 'timedOut'
  | 'windowTerminated'
  | 'windowCancelled'
  | 'windowReset'
  | 'bothTerminated'
  | 'bothTerminatedWindowFirst'
  | 'bothCancelled'
  | 'bothCancelledWindowFirst'
  | 'bothReset'
  | 'bothResetWindowFirst'
  | 'parentTerminatedCancels'
  | 'parentTerminatedTerminates'
  | 'parentTerminatedAbandons'
  | 'parentCancelled'
  | 'parentTimesOutCancels'
  | 'parentContinuesCancels'
  | 'parentLeavesCancels'
  | 'parentLeavesTerminates'
  | 'parentLeavesAbandons';

const REASON = 'by hand';
/** Longer than a run needs to its moment. */
const RUN_TIMEOUT = '25 s';

type Way = 'terminated' | 'cancelled' | 'reset';
type Who = 'backup' | 'window';

const does: Record<Way, (target: Target, who: Who) => Promise<unknown>> = {
  terminated: (target, who) => target[who].terminate(REASON),
  cancelled: (target, who) => target[who].cancel(),
  reset: ({ client, ...target }, who) => resetToStart(client, target[who]),
};

/** `backup is terminated`, or `window is reset, then backup is cancelled`. */
function by(...steps: [Who, Way][]): Act {
  return {
    what: steps.map(([who, way]) => `the ${who} is ${way}`).join(', then '),
    hitsWindow: steps.some(([who]) => who === 'window'),
    async hit(target) {
      for (const [who, way] of steps) await does[way](target, who);
    },
  };
}

type ParentEnd = 'is terminated' | 'is cancelled' | 'leaves' | 'times out' | 'continues as new';

function byParent(how: ParentEnd, policy: 'default' | 'TERMINATE' | 'ABANDON'): Act {
  const runTimeout = how === 'times out' ? RUN_TIMEOUT : undefined;
  return {
    what: `its parent ${how} (${policy})`,
    goesOn: policy === 'ABANDON',
    comesLate: how === 'times out',
    start: ({ parents, cluster, workflowId }) => parents.start(workflowId, cluster, policy, runTimeout),
    async hit({ parent }) {
      if (how === 'is terminated') await parent.terminate(REASON);
      else if (how === 'is cancelled') await parent.cancel();
      else if (how === 'leaves') await parent.signal('leave');
      else if (how === 'continues as new') await parent.signal('continue');
      else await timeOut(parent);
    },
  };
}

const timedOut: Act = {
  what: 'the backup times out',
  comesLate: true,
  start: ({ installation, cluster, workflowId }) =>
    installation.client.workflow.start(BACKUP_WORKFLOW, {
      taskQueue: TASK_QUEUE,
      workflowId,
      args: [{ cluster }],
      workflowRunTimeout: RUN_TIMEOUT,
    }),
  hit: ({ backup }) => timeOut(backup),
};

function timeOut(run: WorkflowHandle): Promise<unknown> {
  return until('the run times out', async () => (await run.describe()).status.name !== 'RUNNING', 40_000);
}

export const acts: Record<ActName, Act> = {
  cancelled: by(['backup', 'cancelled']),
  terminated: by(['backup', 'terminated']),
  reset: by(['backup', 'reset']),
  timedOut,
  windowTerminated: by(['window', 'terminated']),
  windowCancelled: by(['window', 'cancelled']),
  windowReset: by(['window', 'reset']),
  bothTerminated: by(['backup', 'terminated'], ['window', 'terminated']),
  bothTerminatedWindowFirst: by(['window', 'terminated'], ['backup', 'terminated']),
  bothCancelled: by(['backup', 'cancelled'], ['window', 'cancelled']),
  bothCancelledWindowFirst: by(['window', 'cancelled'], ['backup', 'cancelled']),
  bothReset: by(['backup', 'reset'], ['window', 'reset']),
  bothResetWindowFirst: by(['window', 'reset'], ['backup', 'reset']),
  parentTerminatedCancels: byParent('is terminated', 'default'),
  parentTerminatedTerminates: byParent('is terminated', 'TERMINATE'),
  parentTerminatedAbandons: byParent('is terminated', 'ABANDON'),
  parentCancelled: byParent('is cancelled', 'default'),
  parentTimesOutCancels: byParent('times out', 'default'),
  parentContinuesCancels: byParent('continues as new', 'default'),
  parentLeavesCancels: byParent('leaves', 'default'),
  parentLeavesTerminates: byParent('leaves', 'TERMINATE'),
  parentLeavesAbandons: byParent('leaves', 'ABANDON'),
};

/** As `temporal workflow reset --type FirstWorkflowTask` does it. */
async function resetToStart(client: Client, run: WorkflowHandle): Promise<void> {
  const { runId } = await run.describe();
  const { events } = await run.fetchHistory();
  const first = events?.find((event) => event.workflowTaskCompletedEventAttributes != null);
  await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId: run.workflowId, runId },
    reason: REASON,
    workflowTaskFinishEventId: first?.eventId ?? null,
    requestId: randomUUID(),
  });
}
