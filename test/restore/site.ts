import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { clusterSettings } from '../../sandbox/clusterSettings.ts';
import type { SimulatorOptions } from '../../sandbox/simulator/options.ts';
import { startSimulator, type Simulator } from '../../sandbox/simulator/startSimulator.ts';
import { startTemporal } from '../../sandbox/stack/temporal.ts';
import { Manifest } from '../../src/contract/manifest.ts';
import { windowWorkflowId } from '../../src/contract/names.ts';
import { RestoreRecord } from '../../src/contract/restore.ts';
import { expectJson } from '../cli/expectJson.ts';
import { safepoint } from '../cli/safepoint.ts';
import { startWorkerProcess, type WorkerProcess } from '../faults/workerProcess.ts';
import { buildKept } from '../support/keeper.ts';
import { startHookedPlatform, type HookedPlatform } from './hookedPlatform.ts';

/** The cluster `demo`, simulated, with hooks that stop it and start it, a folder store, Temporal and a worker process. */
export interface Site extends Pick<HookedPlatform, 'asked' | 'once'> {
  simulator: Simulator;
  client: Client;
  env: Record<string, string>;
  worker: WorkerProcess;
  startWorker(name: string): Promise<WorkerProcess>;
  /** Takes a backup of the cluster, default `demo`; its id. */
  backup(cluster?: string): Promise<string>;
  window(): WorkflowHandle;
  hasMarker(): boolean;
  /** Names of the objects of the set, in order. */
  objects(backupId: string): string[];
  /** Path of an object of the set. */
  file(backupId: string, object: string): string;
  manifest(backupId: string): Manifest;
  /** What the restores of the set have recorded, the oldest first. */
  records(backupId: string): RestoreRecord[];
  stop(): Promise<void>;
}

export type SiteOptions = {
  /** Fields of the cluster `demo` beside its addresses and hooks. */
  settings?: Record<string, unknown>;
  /** Fields of its `restore` beside the hooks. */
  restore?: Record<string, unknown>;
  /** Other clusters of the config, by their names. */
  others?: (demo: Simulator) => Promise<Record<string, object>>;
  /** Whether each set goes to the folder `offsite` too. */
  copies?: boolean;
  simulator?: Partial<SimulatorOptions>;
  hookTimeout?: string; // default 30 s
};

export function startSite(options: SiteOptions = {}): Promise<Site> {
  return buildKept('restore', async ({ dataDir, keep, stop }) => {
    const temporal = await keep(startTemporal({ dataDir }));
    const simulator = await keep(
      startSimulator({ profile: '8.8', partMs: 50, flushDelayMs: 50, ...options.simulator }),
    );
    const platform = await keep(startHookedPlatform(simulator));
    const storeDir = path.join(dataDir, 'store');
    const offsiteDir = path.join(dataDir, 'offsite');
    for (const dir of [storeDir, offsiteDir]) mkdirSync(dir);
    const timeout = options.hookTimeout ?? '30 s';
    const hooks = Object.fromEntries(
      Object.entries(platform.hooks).map(([name, hook]) => [name, { ...hook, timeout }]),
    );
    const demo = clusterSettings(simulator.urls, {
      store: 'local',
      exporter: { flushDelay: '100 ms' },
      restore: { hooks, ...options.restore },
      ...(options.copies === true && { copies: ['offsite'] }),
      ...options.settings,
    });
    const config = path.join(dataDir, 'safepoint.yaml');
    writeFileSync(
      config,
      JSON.stringify({
        stores: {
          local: { type: 'folder', path: storeDir },
          ...(options.copies === true && { offsite: { type: 'folder', path: offsiteDir } }),
        },
        clusters: { demo, ...(await options.others?.(simulator)) },
      }),
    );
    const env = { TEMPORAL_ADDRESS: temporal.address, SAFEPOINT_CONFIG: config };
    const startWorker = (name: string) => keep(startWorkerProcess(name, { dataDir, env }));
    const worker = await startWorker('worker');
    const connection = await Connection.connect({ address: temporal.address });
    await keep({ stop: () => connection.close() });
    const client = new Client({ connection, namespace: temporal.namespace });
    const file = (backupId: string, object: string) => path.join(storeDir, 'demo', backupId, object);
    const objects = (backupId: string) => readdirSync(file(backupId, '')).sort();

    return {
      ...{ simulator, client, env, worker, startWorker, stop, file, objects },
      asked: () => platform.asked(),
      once: (hook, act) => {
        platform.once(hook, act);
      },
      async backup(cluster = 'demo') {
        const { stdout, stderr } = await safepoint(['run', cluster, '--json'], env);
        const { result } = expectJson('run', stdout);
        if (result === undefined) throw new Error(stderr);
        return result.backupId;
      },
      window: () => client.workflow.getHandle(windowWorkflowId('demo')),
      hasMarker: () => existsSync(path.join(storeDir, 'demo', 'restore', 'unfinished.json')),
      manifest: (backupId) =>
        Manifest.parse(JSON.parse(readFileSync(file(backupId, 'manifest.json'), 'utf8'))),
      records: (backupId) =>
        objects(backupId)
          .filter((name) => name.startsWith('restore.'))
          .map((name) => RestoreRecord.parse(JSON.parse(readFileSync(file(backupId, name), 'utf8')))),
    };
  });
}

/** Workflow id and digest of a restore that was left waiting, from what the command printed. */
export function waitingIn(stdout: string): { workflowId: string; digest: string } {
  const [, workflowId = '', digest = ''] = /safepoint approve (\S+) ([\da-f]{12})$/m.exec(stdout) ?? [];
  return { workflowId, digest };
}
