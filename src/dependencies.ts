import { noopMetricMeter, type MetricMeter } from '@temporalio/common';
import type { ActivityDeps } from './activities/deps.ts';
import { createCamundaClient } from './camunda/client.ts';
import type { CamundaClient } from './camunda/port.ts';
import type { Config } from './config/schema.ts';
import { SafepointError } from './contract/errors.ts';
import { createObjectStore } from './storage/objectStore.ts';
import type { ObjectStore } from './storage/port.ts';
import { createMetrics } from './system/metrics.ts';
import { requireVerifiedTls } from './system/verifiedTls.ts';

export type Dependencies = ActivityDeps & { close(): Promise<void> };

/**
 * Builds clients and stores from the config, each once and when it is first asked for. Fails with `InvalidConfig`.
 * `meter`: where metrics go, by default nowhere; nobody hears of ended sets unless the caller says who.
 */
export function createDependencies(config: Config, meter: MetricMeter = noopMetricMeter): Dependencies {
  requireVerifiedTls();
  const clients = new Map<string, CamundaClient>();
  const stores = new Map<string, ObjectStore>();
  return {
    config,
    camunda: (name) =>
      remember(clients, name, () => createCamundaClient(named(config.clusters, name, 'cluster'))),
    store: (name) =>
      remember(stores, name, () => createObjectStore(name, named(config.stores, name, 'store'))),
    metrics: createMetrics(meter, Object.keys(config.clusters)),
    setEnded: () => undefined,
    async close() {
      await Promise.all([...clients.values()].map((client) => client.close()));
    },
  };
}

function remember<T>(known: Map<string, T>, name: string, create: () => T): T {
  const existing = known.get(name);
  if (existing !== undefined) return existing;
  const created = create();
  known.set(name, created);
  return created;
}

function named<T>(all: Record<string, T>, name: string, kind: string): T {
  const found = Object.hasOwn(all, name) ? all[name] : undefined; // `constructor` is no cluster
  if (found !== undefined) return found;
  throw new SafepointError(
    'InvalidConfig',
    `no ${kind} ${JSON.stringify(name)} in the config of this worker; it has ${Object.keys(all).join(', ')}`,
  );
}
