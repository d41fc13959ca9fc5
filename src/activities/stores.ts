import { clusterStores } from '../config/clusterStores.ts';
import type { ClusterConfig, Config } from '../config/schema.ts';
import type { BackupPlan } from '../contract/backup.ts';
import { SafepointError } from '../contract/errors.ts';
import type { ObjectStore } from '../storage/port.ts';
import type { ActivityDeps } from './deps.ts';

/** The stores of a set: the one that leads, then its copies. Fails with `InvalidConfig` when the config has lost one. */
export function storesOf({ store }: Pick<ActivityDeps, 'store'>, plan: BackupPlan): ObjectStore[] {
  return [plan.store, ...(plan.copies ?? [])].map((name) => store(name));
}

/** The stores of a cluster as its config has them now, the one that leads first. Fails with `InvalidInput`. */
export function storesOfCluster(
  { config, store }: Pick<ActivityDeps, 'config' | 'store'>,
  cluster: string,
): ObjectStore[] {
  return clusterStores(requireSettings(config, cluster)).map((name) => store(name));
}

/** Fails with `InvalidInput`, naming what exists. */
export function requireSettings({ clusters }: Pick<Config, 'clusters'>, cluster: string): ClusterConfig {
  const settings = Object.hasOwn(clusters, cluster) ? clusters[cluster] : undefined;
  if (settings !== undefined) return settings;
  throw new SafepointError(
    'InvalidInput',
    `no cluster ${JSON.stringify(cluster)} in the config; it has ${Object.keys(clusters).join(', ')}`,
  );
}
