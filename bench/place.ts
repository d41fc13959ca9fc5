import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflows } from '../scripts/bundleWorkflows.ts';
import { clusterSettings } from '../sandbox/clusterSettings.ts';
import { startWorker } from '../sandbox/demo/product.ts';
import type { SimulatorOptions } from '../sandbox/simulator/options.ts';
import { startSimulator, type Simulator } from '../sandbox/simulator/startSimulator.ts';
import type { RunningProcess } from '../sandbox/stack/process.ts';
import { startTemporal } from '../sandbox/stack/temporal.ts';

type Stoppable = { stop(): Promise<unknown> };

/** A folder and what runs on it; all of it is gone when `use` has ended. */
export async function withFolder<T>(
  use: (dataDir: string, keep: <S extends Stoppable>(starting: S | Promise<S>) => Promise<S>) => Promise<T>,
): Promise<T> {
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'safepoint-bench-'));
  chmodSync(dataDir, 0o755); // PostgreSQL runs as another user where we run as root
  const running: Stoppable[] = [];
  try {
    return await use(dataDir, async (starting) => {
      const started = await starting;
      running.push(started);
      return started;
    });
  } finally {
    for (const each of running.toReversed()) await each.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Temporal and simulated clusters of five parts, `c1` to `cN`, with a folder store. */
export interface Place {
  client: Client;
  dataDir: string;
  clusters: { name: string; simulator: Simulator }[];
  /** A real worker with the prebuilt workflow code; `env` is added to its environment. */
  startWorker: (env?: Record<string, string>) => Promise<RunningProcess>;
}

export type PlaceOptions = {
  simulator: Pick<SimulatorOptions, 'partMs' | 'flushDelayMs'>;
  /** Default 1. */
  clusters?: number;
  /** Fields of each cluster in the config. */
  settings?: Record<string, unknown>;
  /** Stores beside the folder `local`. */
  stores?: Record<string, unknown>;
};

export function withPlace<T>(options: PlaceOptions, use: (place: Place) => Promise<T>): Promise<T> {
  return withFolder(async (dataDir, keep) => {
    const bundle = path.join(dataDir, 'workflows.js');
    await bundleWorkflows(bundle);
    const temporal = await keep(startTemporal({ dataDir }));
    const clusters = [];
    for (let number = 1; number <= (options.clusters ?? 1); number += 1) {
      const simulator = startSimulator({ profile: '8.6', transients: false, ...options.simulator });
      clusters.push({ name: `c${number}`, simulator: await keep(simulator) });
    }
    const env = {
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: temporal.namespace,
      SAFEPOINT_CONFIG: writeConfig(dataDir, clusters, options),
      SAFEPOINT_WORKFLOW_BUNDLE: bundle,
    };
    const connection = await Connection.connect({ address: temporal.address });
    await keep({ stop: () => connection.close() });
    return await use({
      client: new Client({ connection, namespace: temporal.namespace }),
      dataDir,
      clusters,
      startWorker: (more) => keep(startWorker(dataDir, { ...env, ...more }, temporal)),
    });
  });
}

function writeConfig(dataDir: string, clusters: Place['clusters'], options: PlaceOptions): string {
  const store = path.join(dataDir, 'store');
  mkdirSync(store);
  const settings = {
    store: 'local',
    exporter: { flushDelay: `${options.simulator.flushDelayMs ?? 1} ms` },
    ...options.settings,
  };
  const config = {
    temporal: { searchAttributes: true },
    stores: { local: { type: 'folder', path: store }, ...options.stores },
    clusters: Object.fromEntries(
      clusters.map(({ name, simulator }) => [name, clusterSettings(simulator.urls, settings)]),
    ),
  };
  const file = path.join(dataDir, 'safepoint.yaml');
  writeFileSync(file, JSON.stringify(config));
  return file;
}
