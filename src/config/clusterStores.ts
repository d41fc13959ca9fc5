import type { ClusterConfig } from './schema.ts';

/** Names of the stores that have the sets of a cluster; the first one leads. */
export function clusterStores(cluster: ClusterConfig): string[] {
  return [cluster.store, ...cluster.copies];
}
