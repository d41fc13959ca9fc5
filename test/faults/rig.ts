import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { Runtime, Worker } from '@temporalio/worker';
import { clusterSettings } from '../../sandbox/clusterSettings.ts';
import type { FaultTarget, WireFault } from '../../sandbox/simulator/faults/wireFault.ts';
import type { SimulatorOptions } from '../../sandbox/simulator/options.ts';
import { startSimulator, type Simulator } from '../../sandbox/simulator/startSimulator.ts';
import { createActivities } from '../../src/activities/index.ts';
import { ClusterConfig, Config } from '../../src/config/schema.ts';
import type { BackupInput } from '../../src/contract/backup.ts';
import {
  BACKUP_WORKFLOW,
  SENTINEL_WORKFLOW,
  TASK_QUEUE,
  windowWorkflowId,
} from '../../src/contract/names.ts';
import { createDependencies, type Dependencies } from '../../src/dependencies.ts';
import type { ObjectStore } from '../../src/storage/port.ts';
import { activityErrors } from '../../src/system/activityErrors.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcpProxy.ts';
import { startServer, type Server } from '../workflows/lab.ts';
import { endOf, type RunEnd } from './runs.ts';
import { until } from './until.ts';

export type RigOptions = {
  simulator?: Partial<SimulatorOptions>; // default: an 8.8 with one broker
  /** Settings of the cluster in the config. */
  settings?: Record<string, unknown>;
  /** Reaches every process through a proxy of its own, named as in `SimulatorUrls`; those at one address share one. */
  proxied?: boolean;
};

/** A simulated cluster of one case. */
export interface RigCluster {
  readonly name: string;
  readonly simulator: Simulator;
  readonly proxies: ReadonlyMap<string, TcpProxy>; // by address, such as `http://127.0.0.1:8080`
  readonly client: ReturnType<Dependencies['camunda']>; // its own requests go the way of the worker's
  readonly store: ObjectStore;
  start(input?: Partial<BackupInput>): Promise<WorkflowHandle>;
  /** Starts a backup and waits for its end. */
  run(input?: Partial<BackupInput>): Promise<RunEnd>;
  window(): WorkflowHandle;
  phases: () => string[];
  /** Holds the next such request, before it is carried out or after. */
  holdOnce(on: FaultTarget, fault?: Omit<WireFault, 'on' | 'times' | 'hold'>): Held;
  /** A config file with this cluster alone, for the `safepoint` command; `urls` in place of those of the simulator. */
  writeConfig(urls?: Partial<Simulator['urls']>): string;
}

export type Held = { reached(): Promise<unknown>; letGo(): void };

/**
 * Many faulty clusters at a time in one process: one Temporal, one worker, and a new cluster of its own for each case, so
 * that the cases of a file may run side by side. For faults at the wire, where the worker itself is well.
 */
export interface Rig {
  readonly server: Server;
  open(options?: RigOptions): Promise<RigCluster>;
  startSentinel(): Promise<WorkflowHandle>;
  /** Lines that the worker has logged at level error. */
  errors(): { message: string; meta: Record<string, unknown> }[];
  stop(): Promise<void>;
}

export async function startRig(): Promise<Rig> {
  const server = await startServer();
  const folder = mkdtempSync(path.join(tmpdir(), 'safepoint-rig-'));
  const storeDir = path.join(folder, 'store');
  mkdirSync(storeDir);
  const stores = { local: { type: 'folder', path: storeDir } };
  const config = Config.parse({ temporal: { searchAttributes: true }, stores, clusters: {} });
  const dependencies = createDependencies(config);
  const errors = collectErrors();
  const worker = await Worker.create({
    connection: server.native,
    namespace: server.temporal.namespace,
    taskQueue: TASK_QUEUE,
    workflowBundle: server.bundle,
    activities: createActivities(dependencies),
    interceptors: { activity: [() => ({ inbound: activityErrors() })] },
    maxHeartbeatThrottleInterval: '100 ms',
    shutdownGraceTime: 0,
  });
  const working = worker.run();
  const opened: { stop(): Promise<void> }[] = [];
  let clusters = 0;
  let runs = 0;

  async function open({
    simulator: wanted,
    settings,
    proxied = false,
  }: RigOptions = {}): Promise<RigCluster> {
    const name = `c${++clusters}`;
    const simulator = await startSimulator({ profile: '8.8', partMs: 50, flushDelayMs: 50, ...wanted });
    opened.push(simulator);
    const proxies = new Map<string, TcpProxy>();
    if (proxied) for (const url of urlsOf(simulator)) proxies.set(url, await openProxy(url));
    const through = (url: string) => {
      const proxy = proxies.get(url);
      return proxy === undefined ? url : `http://${proxy.address}`;
    };
    const describeCluster = (urls: Simulator['urls']) =>
      clusterSettings(urls, { store: 'local', exporter: { flushDelay: '100 ms' }, ...settings });
    config.clusters[name] = ClusterConfig.parse(describeCluster(mapUrls(simulator.urls, through)));

    const start = (input: Partial<BackupInput> = {}) =>
      server.client.workflow.start(BACKUP_WORKFLOW, {
        taskQueue: TASK_QUEUE,
        workflowId: `run-${++runs}-of-${name}`,
        args: [{ cluster: name, ...input }],
      });
    return {
      name,
      simulator,
      proxies,
      client: dependencies.camunda(name),
      store: dependencies.store('local'),
      start,
      run: async (input) => endOf(await start(input)),
      window: () => server.client.workflow.getHandle(windowWorkflowId(name)),
      phases: () => simulator.exporting().map(({ phase }) => phase),
      holdOnce(on, fault = {}) {
        const gate = Promise.withResolvers<undefined>();
        const held = simulator.faults.add({ on, ...fault, times: 1, hold: gate.promise });
        return {
          reached: () => until(`${on} has arrived`, () => held.hits() === 1, 90_000),
          letGo: () => {
            gate.resolve(undefined);
          },
        };
      },
      writeConfig(urls = {}) {
        const file = path.join(folder, `${name}.yaml`);
        const cluster = describeCluster({ ...simulator.urls, ...urls });
        writeFileSync(file, JSON.stringify({ stores, clusters: { [name]: cluster } }));
        return file;
      },
    };
  }

  async function openProxy(url: string): Promise<TcpProxy> {
    const proxy = await startTcpProxy({ target: Number(new URL(url).port) });
    opened.push(proxy);
    return proxy;
  }

  return {
    server,
    open,
    startSentinel: () =>
      server.client.workflow.start(SENTINEL_WORKFLOW, {
        taskQueue: TASK_QUEUE,
        workflowId: `sentinel-${++runs}`,
      }),
    errors: () => errors,
    async stop() {
      worker.shutdown();
      await working;
      await dependencies.close();
      await Promise.all(opened.map((each) => each.stop()));
      await server.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

function urlsOf({ urls }: Simulator): Set<string> {
  return new Set(Object.values(urls).flat());
}

function mapUrls(urls: Simulator['urls'], map: (url: string) => string): Simulator['urls'] {
  const entries = Object.entries(urls).map(([name, url]: [string, string | string[]]) => [
    name,
    Array.isArray(url) ? url.map(map) : map(url),
  ]);
  return Object.fromEntries(entries) as Simulator['urls'];
}

/** What the worker logs at level error goes here and not to the screen: many of these tests are about failures. */
function collectErrors(): { message: string; meta: Record<string, unknown> }[] {
  const lines: { message: string; meta: Record<string, unknown> }[] = [];
  const { logger } = Runtime.instance();
  logger.log = (level, message, meta = {}) => {
    if (level === 'ERROR') lines.push({ message, meta });
  };
  return lines;
}
