import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { clusterSettings } from '../../sandbox/clusterSettings.ts';
import { startSimulator, type Simulator } from '../../sandbox/simulator/startSimulator.ts';
import { startTemporal, type Temporal } from '../../sandbox/stack/temporal.ts';
import { buildKept } from '../support/keeper.ts';

/** Temporal and a simulated cluster with a folder store, and the environment in which `safepoint` finds them. */
export interface Place {
  temporal: Temporal;
  simulator: Simulator;
  env: Record<string, string>;
  stop: () => Promise<void>;
}

/** `more`: fields of the config beside stores and clusters. `cluster`: the name of the one that there is, with its `settings`. */
export function startPlace(
  more: Record<string, unknown> = {},
  cluster = 'demo',
  settings: Record<string, unknown> = {},
): Promise<Place> {
  return buildKept('place', async ({ dataDir, keep, stop }) => {
    const temporal = await keep(startTemporal({ dataDir }));
    const simulator = await keep(startSimulator({ profile: '8.8', partMs: 50, flushDelayMs: 50 }));
    const store = path.join(dataDir, 'store');
    mkdirSync(store);
    const config = path.join(dataDir, 'safepoint.yaml');
    const whole = {
      ...more,
      stores: { local: { type: 'folder', path: store } },
      clusters: {
        [cluster]: clusterSettings(simulator.urls, {
          store: 'local',
          exporter: { flushDelay: '100 ms' },
          ...settings,
        }),
      },
    };
    writeFileSync(config, JSON.stringify(whole));
    return {
      temporal,
      simulator,
      env: { TEMPORAL_ADDRESS: temporal.address, SAFEPOINT_CONFIG: config },
      stop,
    };
  });
}
