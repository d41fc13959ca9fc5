import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type WorkflowHandle,
} from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SimulatedPart } from '../../../sandbox/simulator/options.ts';
import type { Damage } from '../../../sandbox/simulator/world/truth.ts';
import { readCatalog } from '../../../src/storage/catalog.ts';
import type { CatalogSet } from '../../../src/storage/catalogEntry.ts';
import type { BackupInput } from '../../../src/contract/backup.ts';
import { clusterPrefix } from '../../../src/domain/setKeys.ts';
import type { ClusterUnderTest } from '../cluster.ts';
import type { Installation } from '../installation.ts';
import { endOf, isOpen, type RunEnd } from '../runs.ts';
import { until } from '../until.ts';
import type { Plan } from './chaos.ts';
import { arm, inject, resumeAsStranger, type Injected } from './inject.ts';
import type { Processes } from './processes.ts';

/** A stretch with exporting paused somewhere; of `performance.now()`. */
export type Pause = { fromMs: number; toMs: number };

/** Everything that is known about a run when it is over; the judge looks at nothing else. */
export type RunRecord = {
  plan: Plan;
  startedMs: number;
  endedMs: number;
  /** The run, and a second one where the plan has it. Empty when it is stuck. */
  ends: RunEnd[];
  /** What was still open when the time was up. */
  stuck?: string;
  injected: Injected[];
  pauses: Pause[];
  /** Sets that were begun, newest first. */
  sets: (CatalogSet & { damage: Damage[] | 'gone' })[];
  triggers: Partial<Record<SimulatedPart, number>>;
  /** Exporters that do not run at the end. */
  notExporting: string[];
  isWindowOpen: boolean;
};

/** A run that is not over by then never will be: all faults and budgets together are far shorter. */
const DEADLINE_MS = 180_000;
const POLL_MS = 100;
const SAMPLE_MS = 20;
/** What was on its way when its workflow was terminated may land this much later. */
const LINGER_MS = { terminated: 5_000, else: 200 };
const PARTS: SimulatedPart[] = ['zeebe', 'webapps', 'operate', 'tasklist', 'optimize'];

export async function carryOut(
  installation: Installation,
  processes: Processes,
  plan: Plan,
  prefix: string,
): Promise<RunRecord> {
  const input = { cluster: plan.lane, procedure: plan.procedure };
  const store = installation.openStore();
  const before = new Set(await store.listFolders(clusterPrefix(plan.lane)));
  const cluster = await installation.freshCluster({ cluster: plan.lane, partMs: plan.partMs });
  const disarm = arm(cluster, plan.faults);
  const pauses = watchPauses(cluster);
  const startedMs = performance.now();
  const run = await startForSure(installation, input, `${prefix}-${plan.index}`);
  const runs = [run];
  const startSecond = async () =>
    runs.push(await startForSure(installation, input, `${run.workflowId}-and-${runs.length}`));
  const scene = { installation, processes, cluster, run, startSecond };

  let isOver = false;
  const active = plan.faults.filter(({ chaos }) => chaos.kind !== 'wire' && chaos.kind !== 'state');
  const injecting = Promise.all(active.map((fault) => inject(scene, fault, () => isOver)));
  const settled = () => waitUntilSettled(installation, cluster, runs, startedMs + DEADLINE_MS);
  let stuck = await settled();
  isOver = true;
  const injected = await injecting;
  stuck ??= await settled();
  const wasTerminated = injected.some(
    ({ chaos, fromMs }) => fromMs !== null && chaos.kind === 'ended' && chaos.how === 'terminate',
  );
  await sleep(wasTerminated ? LINGER_MS.terminated : LINGER_MS.else);
  stuck ??= await settled();

  const observed = {
    endedMs: performance.now(),
    ends: stuck === undefined ? await Promise.all(runs.map((handle) => readEnd(handle))) : [],
    injected: [...injected, ...disarm()],
    pauses: pauses.stop(),
    notExporting: cluster.phases().filter((phase) => phase !== 'EXPORTING'),
    isWindowOpen: await isOpen(installation.windowHandle(plan.lane)),
  };
  if (stuck !== undefined) await sweep(installation, cluster, runs);
  const begun = (await store.listFolders(clusterPrefix(plan.lane))).filter((id) => !before.has(id));
  const sets = await Promise.all(
    begun.map(async (backupId) => await readCatalog([store], { cluster: plan.lane, backupId })),
  );
  return {
    plan,
    startedMs,
    ...observed,
    ...(stuck !== undefined && { stuck }),
    sets: sets.flat().map((set) => ({ ...set, damage: damageOf(cluster, set.entry.backupId) })),
    triggers: Object.fromEntries(
      PARTS.filter((part) => part === 'zeebe' || part in cluster.simulator.urls).map((part) => [
        part,
        cluster.simulator.triggerCount(part),
      ]),
    ),
  };
}

/** Until the runs have ended, the window is closed and exporting runs; or says what is left when the time is up. */
async function waitUntilSettled(
  installation: Installation,
  cluster: ClusterUnderTest,
  runs: WorkflowHandle[],
  deadlineMs: number,
): Promise<string | undefined> {
  for (;;) {
    const left: string[] = cluster.phases().filter((phase) => phase !== 'EXPORTING');
    for (const handle of [...runs, installation.windowHandle(cluster.name)])
      if (await seemsOpen(handle)) left.push(handle.workflowId);
    if (left.length === 0) return undefined;
    if (performance.now() > deadlineMs) return left.join(', ');
    await sleep(POLL_MS);
  }
}

/** Open until Temporal says otherwise, which it cannot while it is away. */
async function seemsOpen(handle: WorkflowHandle): Promise<boolean> {
  try {
    return (await handle.describe()).status.name === 'RUNNING';
  } catch (error) {
    return !(error instanceof WorkflowNotFoundError);
  }
}

/** Also across a Temporal that dies between two questions. */
async function readEnd(handle: WorkflowHandle): Promise<RunEnd> {
  return await until(`how ${handle.workflowId} ended`, async () => {
    const end = await endOf(handle, 1_000);
    return end.status === 'FAILED' && end.code === '' ? undefined : end;
  });
}

async function startForSure(
  installation: Installation,
  input: BackupInput,
  workflowId: string,
): Promise<WorkflowHandle> {
  return await until(`${workflowId} is started`, async () => {
    try {
      return await installation.startBackup(input, workflowId);
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      return installation.client.workflow.getHandle(workflowId); // the answer to an earlier try was lost
    }
  });
}

/** When exporting was paused on any partition, as the simulator knows it. */
function watchPauses(cluster: ClusterUnderTest): { stop(): Pause[] } {
  const pauses: Pause[] = [];
  const look = () => {
    const last = pauses.at(-1);
    const isPaused = cluster.phases().some((phase) => phase !== 'EXPORTING');
    if (isPaused && last?.toMs !== Infinity) pauses.push({ fromMs: performance.now(), toMs: Infinity });
    if (!isPaused && last?.toMs === Infinity) last.toMs = performance.now();
  };
  const timer = setInterval(look, SAMPLE_MS);
  return {
    stop() {
      clearInterval(timer);
      look();
      return pauses;
    },
  };
}

function damageOf({ simulator }: ClusterUnderTest, backupId: string): Damage[] | 'gone' {
  return simulator.backupIds('zeebe').includes(Number(backupId))
    ? simulator.damage(Number(backupId))
    : 'gone';
}

/** Makes room for the next run of the lane. */
async function sweep(
  installation: Installation,
  cluster: ClusterUnderTest,
  runs: WorkflowHandle[],
): Promise<void> {
  for (const handle of [...runs, installation.windowHandle(cluster.name)])
    await handle.terminate('stuck').catch(() => undefined); // the one that is over already
  await resumeAsStranger(cluster);
}
