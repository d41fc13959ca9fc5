import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { clusterSettings } from '../sandbox/clusterSettings.ts';
import {
  APPROVE_UPDATE,
  DRILL_WINDOW_WORKFLOW,
  DRILL_WORKFLOW,
  drillWindowId,
  GET_STATUS_QUERY,
  RESTORE_WINDOW_WORKFLOW,
  RESTORE_WORKFLOW,
  TASK_QUEUE,
  windowWorkflowId,
} from '../src/contract/names.ts';
import type { RestorePlan, RestoreStatus } from '../src/contract/restore.ts';
import type { Lab, Server, startLab } from '../test/workflows/lab.ts';

type Options = Parameters<typeof startLab>[1];

/** Nobody is run: the case itself stops and starts the cluster. */
function withHooks(stop: string): Options {
  const hooks = {
    stop: { command: [stop] },
    zeebeRestore: { command: ['true'] },
    start: { command: ['true'] },
  };
  return { simulator: { profile: '8.8' }, adapt: (cluster) => ({ ...cluster, restore: { hooks } }) };
}
const options = withHooks('true');
const window = { type: RESTORE_WINDOW_WORKFLOW, workflowId: windowWorkflowId('demo') };
const drillWindow = { type: DRILL_WINDOW_WORKFLOW, workflowId: drillWindowId('demo') };
const labWindow = { ...drillWindow, workflowId: drillWindowId('lab') };

/** Restores and drills of a set, for `recordHistories.ts`. */
export const restoreCases = [
  {
    name: 'approved',
    type: RESTORE_WORKFLOW,
    options,
    child: window,
    async run(lab: Lab, server: Server): Promise<string> {
      const handle = await afterBackup(lab, server, RESTORE_WORKFLOW, { latest: true });
      const { digest } = await planOf(handle);
      await handle.executeUpdate(APPROVE_UPDATE, { args: [{ digest: 'another' }] }).catch(() => undefined);
      await handle.executeUpdate(APPROVE_UPDATE, { args: [{ digest }] });
      return await startedAndEnded(lab, handle);
    },
  },
  {
    name: 'outdated-then-approved',
    type: RESTORE_WORKFLOW,
    options,
    child: window,
    async run(lab: Lab, server: Server): Promise<string> {
      const handle = await afterBackup(lab, server, RESTORE_WORKFLOW, { latest: true });
      const { digest, indices } = await planOf(handle);
      await lab.dependencies.camunda('demo').searchEngine.deleteIndices(indices.slice(0, 1));
      await handle.executeUpdate(APPROVE_UPDATE, { args: [{ digest }] }).catch(() => undefined);
      const second = await planOf(handle);
      await handle.executeUpdate(APPROVE_UPDATE, { args: [{ digest: second.digest }] });
      return await startedAndEnded(lab, handle);
    },
  },
  {
    name: 'unattended',
    type: RESTORE_WORKFLOW,
    options,
    child: window,
    async run(lab: Lab, server: Server): Promise<string> {
      const handle = await afterBackup(lab, server, RESTORE_WORKFLOW, { latest: true, unattended: true });
      return await startedAndEnded(lab, handle);
    },
  },
  {
    name: 'hook-failed',
    type: RESTORE_WORKFLOW,
    options: withHooks('false'),
    child: window,
    async run(lab: Lab, server: Server): Promise<string> {
      return await ended(
        await afterBackup(lab, server, RESTORE_WORKFLOW, { latest: true, unattended: true }),
      );
    },
  },
  {
    name: 'restore-cancelled',
    type: RESTORE_WORKFLOW,
    options,
    child: window,
    async run(lab: Lab, server: Server): Promise<string> {
      lab.simulator.faults.add({ state: 'restoreStalls' });
      const handle = await afterBackup(lab, server, RESTORE_WORKFLOW, { latest: true, unattended: true });
      await lab.until(() => restoresOf(lab) === 1);
      await handle.cancel();
      return await ended(handle);
    },
  },
  {
    name: 'restore-refused',
    type: RESTORE_WORKFLOW,
    options,
    run: async (lab: Lab, server: Server) =>
      await ended(await start(server, RESTORE_WORKFLOW, { cluster: 'demo', latest: true })),
  },
  ...(['stored', 'indices'] as const).map((level) => ({
    name: level,
    type: DRILL_WORKFLOW,
    options,
    ...(level === 'indices' && { child: drillWindow }),
    run: async (lab: Lab, server: Server) =>
      await ended(await afterBackup(lab, server, DRILL_WORKFLOW, { level })),
  })),
  {
    name: 'into-another',
    type: DRILL_WORKFLOW,
    options: {
      ...options,
      adapt: intoItself,
      others: (urls) => ({ lab: options.adapt?.(clusterSettings(urls, { store: 'local' })) }),
    } satisfies Options,
    child: labWindow,
    async run(lab: Lab, server: Server): Promise<string> {
      const handle = await afterBackup(lab, server, DRILL_WORKFLOW, { level: 'whole' });
      await lab.until(() => restoresOf(lab) > 0);
      await untilThere(server, windowWorkflowId('lab'));
      const drilled = restoresOf(lab);
      await lab.simulator.stopAll();
      await lab.until(() => restoresOf(lab) > drilled);
      await lab.simulator.startAll();
      return await ended(handle);
    },
  },
  {
    name: 'set-damaged',
    type: DRILL_WORKFLOW,
    options,
    async run(lab: Lab, server: Server): Promise<string> {
      await lab.run();
      lab.simulator.faults.add({ on: 'GET zeebe status', answer: { status: 404 } });
      return await ended(await start(server, DRILL_WORKFLOW, { cluster: 'demo', level: 'stored' }));
    },
  },
  {
    name: 'snapshot-broken',
    type: DRILL_WORKFLOW,
    options,
    child: drillWindow,
    async run(lab: Lab, server: Server): Promise<string> {
      lab.simulator.faults.add({ state: 'restoreFails' });
      return await ended(await afterBackup(lab, server, DRILL_WORKFLOW, { level: 'indices' }));
    },
  },
];

/** The same installation under another name stands in for the one of drills. */
function intoItself(cluster: Record<string, unknown>): Record<string, unknown> {
  return { ...cluster, drill: { into: 'lab' } };
}

async function untilThere({ client }: Server, workflowId: string): Promise<void> {
  const isThere = () =>
    client.workflow
      .getHandle(workflowId)
      .describe()
      .then(
        () => true,
        () => false,
      );
  while (!(await isThere())) await delay(100);
}

/** Restores are of a cluster that is down, so that no hook has anything to do. */
async function afterBackup(lab: Lab, server: Server, type: string, more: object): Promise<WorkflowHandle> {
  await lab.run();
  if (type === RESTORE_WORKFLOW) await lab.simulator.stopAll();
  return await start(server, type, { cluster: 'demo', ...more });
}

async function start({ client }: Server, type: string, input: object): Promise<WorkflowHandle> {
  return await client.workflow.start(type, {
    taskQueue: TASK_QUEUE,
    workflowId: `${type}-recorded`,
    args: [input],
  });
}

async function planOf(handle: WorkflowHandle): Promise<RestorePlan> {
  for (;;) {
    const { plan } = await handle.query<RestoreStatus>(GET_STATUS_QUERY);
    if (plan !== null) return plan;
  }
}

function restoresOf({ simulator }: Lab): number {
  return simulator.requests.filter(({ method, path }) => method === 'POST' && path.includes('/_restore'))
    .length;
}

/** Starts the cluster when it has been seen to be stopped. */
async function startedAndEnded(lab: Lab, handle: WorkflowHandle): Promise<string> {
  await lab.until(() => restoresOf(lab) > 0);
  await lab.simulator.startAll();
  return await ended(handle);
}

async function ended(handle: WorkflowHandle): Promise<string> {
  await handle.result().catch(() => undefined);
  return handle.workflowId;
}
