import { WorkflowNotFoundError, type WorkflowHandle } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcedureName } from '../../src/contract/backup.ts';
import type { ClusterShape } from './cluster.ts';
import type { Installation } from './installation.ts';
import { allReached, type Held, type Moment } from './moments.ts';
import { endOf, type RunEnd } from './runs.ts';
import { until } from './until.ts';
import type { WorkerProcess } from './workerProcess.ts';

export type Ending = {
  phases: string[]; // of the exporters, when the worker was killed
  end: Promise<RunEnd>;
  /** Whether Temporal took a task away from a worker that fell silent; a request that was tried again is not enough. */
  wasInterrupted(): Promise<boolean>;
};

const DELAY_MS = 300;

export function clustersFor(prefix: string, moments: readonly Moment[]): Record<string, ClusterShape> {
  return Object.fromEntries(moments.map((_, index) => [`${prefix}${index}`, { database: true }]));
}

/**
 * Brings one run to each moment, each on a cluster of its own, then kills the only worker of them all and starts another
 * one. A last run, of the cluster `planned`, is in its first workflow task: its plan is made and Temporal has not heard of it.
 */
export async function killWorkerAt(
  installation: Installation,
  prefix: string,
  moments: readonly Moment[],
  procedure: ProcedureName,
): Promise<{ endings: Ending[]; planned: Ending }> {
  const worker = await installation.startWorker();
  try {
    return await killAt(installation, worker, { prefix, moments, procedure });
  } finally {
    installation.temporal.proxy.heal(); // where it failed half way
  }
}

type Plan = { prefix: string; moments: readonly Moment[]; procedure: ProcedureName };

async function killAt(
  installation: Installation,
  worker: WorkerProcess,
  { prefix, moments, procedure }: Plan,
): Promise<{ endings: Ending[]; planned: Ending }> {
  const held: Record<string, Held> = {};
  const handles: WorkflowHandle[] = [];
  for (const wave of [0, 1, 2]) {
    for (const [index, { hold, late = 0 }] of moments.entries()) {
      if (late !== wave) continue;
      const cluster = `${prefix}${index}`;
      held[cluster] = hold(await installation.freshCluster({ cluster }));
      handles[index] = await installation.startBackup({ cluster, procedure });
    }
    await allReached(held);
  }
  const planned = await startUnreportedPlan(installation, { cluster: 'planned', procedure });
  for (const { finish } of Object.values(held)) finish?.letGo();
  for (const [name, { finish }] of Object.entries(held))
    await until(`the activity of ${name} is done`, () => finish?.isDone(installation) ?? true);
  await sleep(DELAY_MS); // the last answers of those activities are on their way
  const phases = moments.map((_, index) => installation.cluster(`${prefix}${index}`).phases());

  await worker.kill();
  installation.temporal.proxy.cut(); // what it still had to say is lost
  installation.temporal.proxy.heal();
  for (const each of Object.values(held)) each.undo();
  await installation.startWorker();

  const toEnding = (handle: WorkflowHandle, cluster: string, seen: string[] = []): Ending => ({
    phases: seen,
    end: endOf(handle),
    wasInterrupted: async () =>
      (await lostItsWorker(handle)) || (await lostItsWorker(installation.windowHandle(cluster))),
  });
  const endings = handles.map((handle, index) => toEnding(handle, `${prefix}${index}`, phases[index]));
  const last = toEnding(planned, 'planned');
  await Promise.allSettled([...endings, last].map(({ end }) => end)); // together they take as long as the slowest
  return { endings, planned: last };
}

async function lostItsWorker(handle: WorkflowHandle): Promise<boolean> {
  const { events } = await handle.fetchHistory().catch((error: unknown) => {
    if (error instanceof WorkflowNotFoundError) return { events: [] }; // a run that ended before its window
    throw error;
  });
  return (events ?? []).some(
    ({ activityTaskStartedEventAttributes: activity, workflowTaskTimedOutEventAttributes: lostTask }) =>
      activity?.lastFailure?.timeoutFailureInfo != null || lostTask != null,
  );
}

/** Starts a run, lets the worker hear of it, and cuts the worker off before it can answer. */
async function startUnreportedPlan(
  installation: Installation,
  input: { cluster: string; procedure: ProcedureName },
): Promise<WorkflowHandle> {
  const { proxy } = installation.temporal;
  await installation.freshCluster({ cluster: input.cluster });
  proxy.suffer({ delayMs: DELAY_MS });
  const handle = await installation.startBackup(input);
  await until('the first workflow task is taken', async () => {
    const { events } = await handle.fetchHistory();
    return events?.some((event) => event.workflowTaskStartedEventAttributes != null);
  });
  await sleep(DELAY_MS * 1.5); // it has come, and the answer has not been passed on
  proxy.suffer({ blackHole: true });
  return handle;
}
