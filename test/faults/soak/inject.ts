import { isGrpcServiceError, WorkflowNotFoundError, type WorkflowHandle } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultHandle } from '../../../sandbox/simulator/faults/faults.ts';
import type { TcpProxy } from '../../support/tcpProxy.ts';
import type { ClusterUnderTest } from '../cluster.ts';
import type { Installation } from '../installation.ts';
import { until } from '../until.ts';
import type { Chaos, Link, PlannedFault } from './chaos.ts';
import type { Processes } from './processes.ts';
import { hasShown } from './signs.ts';

/** What became of a planned fault; times of `performance.now()`. */
export type Injected = {
  chaos: Chaos;
  /** When it began; `null`: the run was over first, or there was nothing to break. */
  fromMs: number | null;
  toMs: number;
};

export type Scene = {
  installation: Installation;
  processes: Processes;
  cluster: ClusterUnderTest;
  run: WorkflowHandle;
  startSecond: () => Promise<unknown>;
};

const LOOK_MS = 10;
const NEVER: Pick<Injected, 'fromMs' | 'toMs'> = { fromMs: null, toMs: 0 };

/** Faults that lie in wait, before the run starts; gives how they turned out, once the run is over. */
export function arm(cluster: ClusterUnderTest, faults: readonly PlannedFault[]): () => Injected[] {
  const armed = faults.flatMap(({ chaos }): { chaos: Chaos; handle: FaultHandle }[] => {
    if (chaos.kind === 'state') return [{ chaos, handle: cluster.simulator.faults.add(chaos.fault) }];
    if (chaos.kind !== 'wire') return [];
    const { hangMs, fault } = chaos;
    const late = hangMs === undefined ? {} : { delayMs: hangMs };
    return [{ chaos, handle: cluster.simulator.faults.add({ ...fault, ...late }) }];
  });
  return () =>
    armed.map(({ chaos, handle }) => {
      const hits = handle.hits();
      handle.remove();
      return { chaos, ...NEVER, ...(hits > 0 && { fromMs: 0 }) };
    });
}

/** Waits for the moment and breaks something; `isOver` says that the run has ended. */
export async function inject(
  scene: Scene,
  { chaos, at }: PlannedFault,
  isOver: () => boolean,
): Promise<Injected> {
  while (at.when !== undefined && !hasShown(at.when, scene.cluster.simulator)) {
    if (isOver()) return { chaos, ...NEVER };
    await sleep(LOOK_MS);
  }
  await sleep(at.afterMs);
  if (isOver()) return { chaos, ...NEVER };
  const fromMs = performance.now();
  const struck = await strike(scene, chaos);
  return struck ? { chaos, fromMs, toMs: performance.now() } : { chaos, ...NEVER };
}

/** Returns when it is over; whether there was anything to break. */
async function strike(scene: Scene, chaos: Chaos): Promise<boolean> {
  const { processes, cluster } = scene;
  switch (chaos.kind) {
    case 'worker killed':
      await processes.killWorker(chaos.downMs);
      return true;
    case 'worker replaced':
      await processes.replaceWorker();
      return true;
    case 'worker frozen':
      await processes.freezeWorker(chaos.forMs);
      return true;
    case 'temporal killed':
      await processes.killTemporal(chaos.downMs);
      return true;
    case 'cut':
      return (proxyOf(scene, chaos.link)?.cut() ?? 0) > 0;
    case 'refused':
    case 'silent':
    case 'slow':
      return await disturb(scene, chaos);
    case 'leader changed':
      cluster.simulator.changeLeader(chaos.partition);
      return true;
    case 'restarted':
      cluster.simulator.restart(chaos.part);
      return true;
    case 'ended':
      return await end(scene, chaos);
    case 'second run':
      await scene.startSecond();
      return true;
    case 'stranger resumes':
      await resumeAsStranger(cluster);
      return true;
    case 'wire':
    case 'state':
      return false; // armed before
  }
}

function proxyOf({ installation, cluster }: Scene, link: Link): TcpProxy | undefined {
  if (link === 'temporal') return installation.temporal.proxy;
  if (link === 'store') return installation.store.s3?.proxy;
  return cluster.proxies[link];
}

async function disturb(scene: Scene, chaos: Extract<Chaos, { forMs: number; link: Link }>): Promise<boolean> {
  const proxy = proxyOf(scene, chaos.link);
  if (proxy === undefined) return false;
  const suffer = async () => {
    if (chaos.kind === 'refused') {
      proxy.suffer({ refuse: true });
      proxy.cut();
    } else proxy.suffer(chaos.kind === 'silent' ? { blackHole: true } : { delayMs: chaos.delayMs });
    await sleep(chaos.forMs);
    proxy.heal();
  };
  const isShared = chaos.link === 'temporal' || chaos.link === 'store';
  await (isShared ? scene.processes.during(`${chaos.link} ${chaos.kind}`, suffer) : suffer());
  return true;
}

/** By hand, as an operator would; tried again while Temporal is away. */
async function end(
  { installation, cluster, run }: Scene,
  { how, who }: Extract<Chaos, { kind: 'ended' }>,
): Promise<boolean> {
  const window = installation.windowHandle(cluster.name);
  const handles = [...(who === 'window' ? [] : [run]), ...(who === 'backup' ? [] : [window])];
  const ended = await Promise.all(handles.map((handle) => endOne(handle, how)));
  return ended.includes(true);
}

async function endOne(handle: WorkflowHandle, how: 'cancel' | 'terminate'): Promise<boolean> {
  const answer = await until(`${handle.workflowId} can be ended`, async () => {
    try {
      await (how === 'cancel' ? handle.cancel() : handle.terminate('by the soak'));
      return 'ended';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return 'gone';
      if (isGrpcServiceError(error)) return undefined;
      throw error;
    }
  });
  return answer === 'ended';
}

export async function resumeAsStranger({ simulator }: ClusterUnderTest): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const url = `${simulator.urls.zeebe}/actuator/exporting/resume`;
  await fetch(url, { method: 'POST', headers, body: '{}' }).catch(() => undefined); // a wire fault may meet it too
}
