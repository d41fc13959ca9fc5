import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { execa } from 'execa';
import { StoreConfig } from '../../src/config/schema.ts';
import type { BackupInput } from '../../src/contract/backup.ts';
import { BACKUP_WORKFLOW, TASK_QUEUE, windowWorkflowId } from '../../src/contract/names.ts';
import { createObjectStore } from '../../src/storage/objectStore.ts';
import type { ObjectStore } from '../../src/storage/port.ts';
import { buildKept, type Keeper } from '../support/keeper.ts';
import { createDatabase, createStore, type DatabaseUnderTest, type StoreUnderTest } from './backing.ts';
import {
  createClusterPlace,
  type ClusterPlace,
  type ClusterShape,
  type ClusterUnderTest,
  type FreshOptions,
} from './cluster.ts';
import { startTemporalServer, type TemporalServer } from './temporalServer.ts';
import { startWorkerProcess, type WorkerProcess } from './workerProcess.ts';

export type InstallationOptions = {
  /** By name. Default: `demo`, an 8.8 with one broker. */
  clusters?: Record<string, ClusterShape>;
  store?: 'folder' | 's3'; // default folder
  /** Rows of the database that clusters with `database: true` dump; 2 kB each. Default 2000. */
  databaseRows?: number;
  /** Changes the whole config. The sentinel is off unless this turns it on: it would hide who else failed to resume. */
  adapt?: (config: Record<string, unknown>) => Record<string, unknown>;
};

/**
 * Everything of an installation that can break, each behind a proxy or as a process that can be killed:
 *
 *   test ── client ─────────────────────> Temporal (real, on disk: temporal.kill(), temporal.start())
 *   workers (real processes) ── proxy ──> Temporal          worker.kill(), worker.stop(), several with startWorker()
 *        ├── proxies of each cluster ───> simulator         freshCluster(): a new one for each case, faults on board
 *        ├── folder, or proxy ──────────> S3 store
 *        └── proxy of each cluster ─────> PostgreSQL, shared
 *
 * One installation for a test file, one `freshCluster` for a case. The config is written once, so a worker may live on
 * from case to case; a case that kills it starts another one.
 *
 *   const installation = await startInstallation();                            // beforeAll; stop() in afterAll
 *   const worker = await installation.startWorker();
 *   const cluster = await installation.freshCluster({ partMs: 500 });          // of `demo`
 *   const handle = await installation.startBackup({ cluster: 'demo' });
 *   await until('zeebe runs', () => cluster.simulator.triggerCount('zeebe') === 1);
 *   await worker.kill();                                                       // or cluster.proxies.broker0?.cut(), ...
 *   await installation.startWorker();
 *   expect(await endOf(handle)).toMatchObject({ status: 'COMPLETED' });
 *   await expectNothingLeft(installation);                                     // the invariants, see there
 */
export interface Installation {
  /** Talks to Temporal itself, not through the proxy. */
  client: Client;
  temporal: TemporalServer;
  store: StoreUnderTest;
  /** Present when a cluster has `database: true`. */
  database?: DatabaseUnderTest;
  /** A worker with the config; ready when it returns. `source`: folder of another version of `src`. */
  startWorker(env?: Record<string, string>, source?: string): Promise<WorkerProcess>;
  /** All workers that run. */
  workers(): WorkerProcess[];
  /** A new simulator behind the proxies of the cluster, which are healed; the one before is stopped. */
  freshCluster(options?: FreshOptions & { cluster?: string }): Promise<ClusterUnderTest>;
  /** The one of the last `freshCluster`. */
  cluster(name?: string): ClusterUnderTest;
  startBackup(input?: BackupInput, workflowId?: string): Promise<WorkflowHandle>;
  /** The window of the cluster, whichever run it belongs to. */
  windowHandle(cluster?: string): WorkflowHandle;
  /** The store as the test sees it, not through a proxy. */
  openStore(): ObjectStore;
  /** Environment in which the `safepoint` command finds config and Temporal, as the workers do. */
  env: Record<string, string>;
  stop(): Promise<void>;
}

const DEMO = 'demo';

/** Nothing is left running when it fails. */
export async function startInstallation(options: InstallationOptions = {}): Promise<Installation> {
  return await buildKept('faults', (keeper) => build(options, keeper));
}

async function build(options: InstallationOptions, { dataDir, keep, stop }: Keeper): Promise<Installation> {
  const shapes = options.clusters ?? { [DEMO]: {} };
  const withDatabase = Object.values(shapes).some((shape) => shape.database === true);
  const bundle = path.join(dataDir, 'workflows.js');
  const [temporal, store, database] = await Promise.all([
    keep(startTemporalServer(dataDir)),
    keep(createStore(options.store ?? 'folder', dataDir)),
    withDatabase ? keep(createDatabase(dataDir, options.databaseRows ?? 2000)) : undefined,
    bundleWorkflows(bundle),
  ]);
  const places = new Map<string, ClusterPlace>();
  for (const [name, shape] of Object.entries(shapes))
    places.set(name, await keep(createClusterPlace(name, shape, database)));

  const config = path.join(dataDir, 'safepoint.yaml');
  writeFileSync(config, JSON.stringify(describeConfig(places, store, options.adapt)));
  const env = {
    SAFEPOINT_CONFIG: config,
    SAFEPOINT_WORKFLOW_BUNDLE: bundle,
    TEMPORAL_ADDRESS: temporal.proxy.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    ...store.env,
    ...database?.env,
  };
  Object.assign(process.env, store.env); // the test reads the store too

  const connection = await Connection.connect({ address: temporal.address });
  await keep({ stop: () => connection.close() });
  const client = new Client({ connection, namespace: temporal.namespace });
  const workers: WorkerProcess[] = [];
  let runs = 0;

  function place(name: string): ClusterPlace {
    const found = places.get(name);
    if (found === undefined) throw new Error(`the installation has no cluster ${name}`);
    return found;
  }

  return {
    client,
    temporal,
    store,
    ...(database && { database }),
    async startWorker(more = {}, source) {
      const name = `worker-${workers.length + 1}`;
      const started = startWorkerProcess(name, { dataDir, env: { ...env, ...more }, source });
      const worker = await started;
      await keep({ stop: () => worker.kill() });
      workers.push(worker);
      return worker;
    },
    workers: () => workers.filter((worker) => worker.isRunning()),
    freshCluster: ({ cluster = DEMO, ...simulator } = {}) => place(cluster).fresh(simulator),
    cluster: (name = DEMO) => place(name).current(),
    startBackup: (input = { cluster: DEMO }, workflowId = `run-${++runs}-of-${input.cluster}`) =>
      client.workflow.start(BACKUP_WORKFLOW, { taskQueue: TASK_QUEUE, workflowId, args: [input] }),
    windowHandle: (cluster = DEMO) => client.workflow.getHandle(windowWorkflowId(cluster)),
    openStore: () => createObjectStore('main', StoreConfig.parse(store.direct)),
    env,
    stop,
  };
}

/** Once for all workers: each saves the seconds of bundling, and none sees an edit of the source in between. */
async function bundleWorkflows(file: string): Promise<void> {
  const script = path.join(import.meta.dirname, '../../scripts/bundleWorkflows.ts');
  await execa(process.execPath, [script, file]);
}

function describeConfig(
  places: Map<string, ClusterPlace>,
  store: StoreUnderTest,
  adapt: InstallationOptions['adapt'] = (config) => config,
): Record<string, unknown> {
  const clusters = [...places].map(([name, place]) => [name, place.settings({ store: 'main' })]);
  return adapt({
    temporal: { searchAttributes: true },
    sentinel: { enabled: false },
    stores: { main: store.settings },
    clusters: Object.fromEntries(clusters) as Record<string, unknown>,
  });
}
