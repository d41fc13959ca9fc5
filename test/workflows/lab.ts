import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import {
  bundleWorkflowCode,
  DefaultLogger,
  makeTelemetryFilterString,
  NativeConnection,
  Runtime,
  Worker,
} from '@temporalio/worker';
import { clusterSettings } from '../../sandbox/clusterSettings.ts';
import type { SimulatorOptions } from '../../sandbox/simulator/options.ts';
import { startSimulator, type Simulator } from '../../sandbox/simulator/startSimulator.ts';
import { startTemporal, type Temporal } from '../../sandbox/stack/temporal.ts';
import { createActivities } from '../../src/activities/index.ts';
import { Config } from '../../src/config/schema.ts';
import type { BackupInput, BackupResult } from '../../src/contract/backup.ts';
import { Manifest } from '../../src/contract/manifest.ts';
import { BACKUP_WORKFLOW, TASK_QUEUE } from '../../src/contract/names.ts';
import { createDependencies, type Dependencies } from '../../src/dependencies.ts';
import { activityErrors } from '../../src/system/activityErrors.ts';
import { workflowSource } from '../../src/workflowSource.ts';

/** A real Temporal server and the bundle of the workflows, for the life of a test file. */
export type Server = {
  temporal: Temporal;
  client: Client;
  native: NativeConnection;
  bundle: { code: string };
  stop(): Promise<void>;
};

export async function startServer(): Promise<Server> {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }) } },
  });
  const dataDir = mkdtempSync(path.join(tmpdir(), 'safepoint-workflows-'));
  const [temporal, bundle] = await Promise.all([
    startTemporal({ dataDir }),
    bundleWorkflowCode({ ...workflowSource(), logger: new DefaultLogger('ERROR') }),
  ]);
  const connection = await Connection.connect({ address: temporal.address });
  const native = await NativeConnection.connect({ address: temporal.address });
  return {
    temporal,
    bundle,
    native,
    client: new Client({ connection, namespace: temporal.namespace, identity: 'safepoint-test' }),
    async stop() {
      await native.close();
      await connection.close();
      await temporal.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** One simulated cluster `demo` with a folder store, and a worker for it. One at a time on a server: they share the task queue. */
export interface Lab {
  simulator: Simulator;
  dependencies: Dependencies;
  storeDir: string;
  start(input: unknown, workflowId?: string): Promise<WorkflowHandle>;
  run(input?: BackupInput): Promise<BackupResult>;
  /** The worker ends as with SIGTERM; activities get a cancel. */
  stopWorker(): Promise<void>;
  startWorker(): Promise<void>;
  manifest(result: BackupResult): Manifest;
  /** Ids of the sets in the store, oldest first. */
  sets(): string[];
  /** Polls until it holds, at most 20 s. */
  until(condition: () => boolean): Promise<void>;
  /** The whole history of a run as JSON, payloads decoded where they are text. */
  history(workflowId: string): Promise<string>;
  /** Event types of a run, in order. */
  events(workflowId: string, runId?: string): Promise<string[]>;
  stop(): Promise<void>;
}

let runs = 0;

export async function startLab(
  server: Server,
  options: {
    simulator: SimulatorOptions;
    /** Changes the settings of the cluster in the config. */
    adapt?: (cluster: Record<string, unknown>) => Record<string, unknown>;
    /** Stores of the config beside the one that the sets are in. */
    stores?: Record<string, unknown>;
    /** Other clusters of the config, by name. */
    others?: (urls: Simulator['urls']) => Record<string, unknown>;
  },
): Promise<Lab> {
  const storeDir = mkdtempSync(path.join(tmpdir(), 'safepoint-store-'));
  const simulator = await startSimulator({ partMs: 50, flushDelayMs: 50, ...options.simulator });
  const config = Config.parse({
    temporal: { searchAttributes: true },
    stores: { ...options.stores, local: { type: 'folder', path: storeDir } },
    clusters: {
      demo: (options.adapt ?? ((cluster) => cluster))(
        clusterSettings(simulator.urls, { store: 'local', exporter: { flushDelay: '100 ms' } }),
      ),
      ...options.others?.(simulator.urls),
    },
  });
  const dependencies = createDependencies(config);
  const createWorker = () =>
    Worker.create({
      connection: server.native,
      namespace: server.temporal.namespace,
      identity: 'safepoint-test', // histories of these runs are kept: no host name in them
      taskQueue: TASK_QUEUE,
      workflowBundle: server.bundle,
      activities: createActivities(dependencies),
      interceptors: { activity: [() => ({ inbound: activityErrors() })] },
      maxHeartbeatThrottleInterval: '100 ms',
      shutdownGraceTime: 0,
    });
  let worker: Worker;
  let working: Promise<void> = Promise.resolve();

  async function startWorker(): Promise<void> {
    worker = await createWorker();
    working = worker.run();
  }
  async function stopWorker(): Promise<void> {
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await working;
  }
  await startWorker();

  async function start(
    input: unknown,
    workflowId = `backup-test-${process.pid}-${++runs}`,
  ): Promise<WorkflowHandle> {
    return await server.client.workflow.start(BACKUP_WORKFLOW, {
      taskQueue: TASK_QUEUE,
      workflowId,
      args: [input],
    });
  }

  return {
    simulator,
    dependencies,
    storeDir,
    start,
    startWorker,
    stopWorker,
    sets: () =>
      readdirSync(path.join(storeDir, 'demo'))
        .filter((name) => /^\d+$/.test(name))
        .sort(),
    manifest: ({ manifest: { key } }) =>
      Manifest.parse(JSON.parse(readFileSync(path.join(storeDir, key), 'utf8'))),
    async run(input = { cluster: 'demo' }) {
      const handle = await start(input);
      try {
        return (await handle.result()) as BackupResult;
      } catch (error) {
        throw new Error((error as { cause?: Error }).cause?.message, { cause: error });
      }
    },
    async until(condition) {
      const deadlineMs = performance.now() + 20_000;
      while (!condition()) {
        if (performance.now() > deadlineMs) throw new Error(`not within 20 s: ${condition.toString()}`);
        await sleep(20);
      }
    },
    async history(workflowId) {
      const json = historyToJSON(await server.client.workflow.getHandle(workflowId).fetchHistory());
      const decode = (key: string, value: unknown) =>
        key === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString() : value;
      return JSON.stringify(JSON.parse(json, decode) as unknown);
    },
    async events(workflowId, runId) {
      const { events } = await server.client.workflow.getHandle(workflowId, runId).fetchHistory();
      return (events ?? []).map(
        (event) => Object.keys(event).find((key) => key.endsWith('EventAttributes')) ?? '',
      );
    },
    async stop() {
      await stopWorker();
      await dependencies.close();
      await simulator.stop();
      rmSync(storeDir, { recursive: true, force: true });
    },
  };
}

/** The message of the innermost cause, and the code of the failure that the client sees. */
export async function failureOf(handle: WorkflowHandle): Promise<{ type: string; message: string }> {
  try {
    await handle.result();
  } catch (error) {
    const { cause } = error as { cause?: { type?: string; message: string } };
    return { type: cause?.type ?? '', message: cause?.message ?? String(error) };
  }
  throw new Error(`${handle.workflowId} did not fail`);
}
