import { WorkflowNotFoundError, type WorkflowHandle } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { SetFailure } from '../../../src/contract/failure.ts';
import { FAILURE, MANIFEST, setKey } from '../../../src/domain/setKeys.ts';
import type { Installation } from '../installation.ts';
import { endOf } from '../runs.ts';
import { until } from '../until.ts';
import type { Act } from './acts.ts';
import type { ParentWorker } from './parentWorker.ts';
import type { Hold, Phase } from './phases.ts';

/** What became of a run that was hit, in words. */
export type Broken = {
  wasPaused: boolean[]; // each partition, at the hit
  /** From the hit until exporting ran on every partition, or from when the phase was let go that stood against it. */
  resumedMs: number; // Infinity: not by itself
  backup: string; // `CANCELLED`, `FAILED WindowLost`
  window: string; // likewise; `none` when there was none
  sets: string[]; // each set of the run: `complete`, the code in `failure.json`, or `unfinished`
  triggers: number; // of the part that was triggered most
  next: string; // the run after it
};

type Started = {
  phase: Phase;
  act: Act;
  hold: Hold;
  backup: WorkflowHandle;
  parent: WorkflowHandle;
  setsBefore: string[];
};

/** A pause or resume that was held lands within this long. */
const LANDING_MS = 200;
/** An activity hears by its heartbeats that it is to stop; what it waits for must not come before. */
const HEARD_MS = 2_500;

let runs = 0;

/** So many at a time: what is measured is Safepoint, and not how busy the machine is. */
const AT_ONCE = 4;

/** Brings one run to each phase, each on a cluster of its own, hits them, and follows what becomes of them. */
export async function breakRuns(
  installation: Installation,
  parents: ParentWorker,
  act: Act,
  phases: readonly Phase[],
): Promise<Map<Phase, Broken>> {
  const broken = new Map<Phase, Broken>();
  for (const group of group4(phases)) {
    const started = await Promise.all(group.map((phase) => bring(installation, parents, act, phase)));
    const ends = await Promise.all(
      started.map((each) =>
        breakRun(installation, each).finally(() => {
          each.hold.letGo();
        }),
      ),
    );
    for (const [index, phase] of group.entries()) if (ends[index]) broken.set(phase, ends[index]);
  }
  return broken;
}

/** Those that slow Temporal down are alone. */
function group4(phases: readonly Phase[]): Phase[][] {
  const shared = phases.filter((phase) => !phase.isAlone);
  const groups = shared.flatMap((_, index) =>
    index % AT_ONCE === 0 ? [shared.slice(index, index + AT_ONCE)] : [],
  );
  return [...groups, ...phases.filter((phase) => phase.isAlone).map((phase) => [phase])];
}

async function bring(
  installation: Installation,
  parents: ParentWorker,
  act: Act,
  phase: Phase,
): Promise<Started> {
  const { client } = installation;
  const cluster = await installation.freshCluster({ cluster: phase.cluster });
  const setsBefore = await installation.openStore().listFolders(`${phase.cluster}/`);
  const hold = phase.hold(cluster, installation);
  const workflowId = `hit-${++runs}`;
  const start = act.start ?? (() => installation.startBackup({ cluster: phase.cluster }, workflowId));
  await start({ installation, parents, cluster: phase.cluster, workflowId });
  const backup = client.workflow.getHandle(workflowId); // whichever run: a reset one goes on under another run id
  await until(`a run stands where ${phase.at}`, () => hold.reached(backup), 60_000).catch(
    (error: unknown) => {
      hold.letGo();
      throw error;
    },
  );
  return {
    phase,
    act,
    hold,
    backup,
    parent: client.workflow.getHandle(`parent-of-${workflowId}`),
    setsBefore,
  };
}

async function breakRun(installation: Installation, started: Started): Promise<Broken> {
  const { phase, act, hold, backup, parent } = started;
  const cluster = installation.cluster(phase.cluster);
  const window = installation.windowHandle(phase.cluster);
  const wasPaused = cluster.phases().map((each) => each !== 'EXPORTING');

  await act.hit({ client: installation.client, backup, window, parent });
  let sinceMs = performance.now();
  if (phase.standsAgainstResume || act.goesOn) {
    await sleep(LANDING_MS);
    hold.letGo();
    sinceMs = performance.now();
    await sleep(LANDING_MS);
  }
  const resumedMs = await cluster.timeUntilExporting(sinceMs, 15_000).catch(() => Infinity);
  if (!phase.hasWindow) await sleep(HEARD_MS);
  hold.letGo();
  const ends = { backup: await describeEnd(backup), window: await describeEnd(window) };
  const sets = await describeSets(installation, started);
  const { parts, simulator } = { parts: ['zeebe', 'webapps', 'optimize'] as const, ...cluster };
  const triggers = Math.max(...parts.map((part) => simulator.triggerCount(part)));

  const next = await describeEnd(
    await installation.startBackup({ cluster: phase.cluster }, `next-${++runs}`),
  );
  return { wasPaused, resumedMs, ...ends, sets, triggers, next };
}

async function describeEnd(handle: WorkflowHandle): Promise<string> {
  try {
    await handle.describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'none';
    throw error;
  }
  const { status, code, result } = await endOf(handle, 60_000);
  return `${status} ${code ?? result?.verdict ?? ''}`.trim();
}

async function describeSets(installation: Installation, { phase, setsBefore }: Started): Promise<string[]> {
  const store = installation.openStore();
  const sets = (await store.listFolders(`${phase.cluster}/`)).filter((id) => !setsBefore.includes(id)).sort();
  return await Promise.all(
    sets.map(async (id) => {
      if ((await store.head(setKey(phase.cluster, id, MANIFEST))) !== null) return 'complete';
      const failure = await store.getObject(setKey(phase.cluster, id, FAILURE));
      return failure === null ? 'unfinished' : SetFailure.parse(JSON.parse(failure)).code;
    }),
  );
}
