import type { Route } from '../http/route.ts';
import type { Partition } from '../world/partition.ts';
import type { World } from '../world/world.ts';
import { exporterNames } from './partitions.ts';

/** `cluster`: members, their partitions, and the change that is under way. */
export function clusterRoute(world: World): Route {
  return {
    method: 'GET',
    path: '/actuator/cluster',
    component: 'zeebe',
    endpoint: 'cluster',
    handle: () => ({ status: 200, json: view(world) }),
  };
}

function view(world: World) {
  const { engine, faults, settings } = world;
  const exporters = exporterNames(world).map((id) => ({ id, state: 'ENABLED' }));
  const viewPartition = ({ id, members }: Partition, broker: number) => ({
    id,
    state: 'ACTIVE',
    priority: members.length - members.indexOf(broker),
    config: { exporting: { exporters } },
  });
  const pendingChange = {
    id: 2,
    status: 'IN_PROGRESS',
    completed: [],
    pending: [{ operation: 'PARTITION_JOIN', brokerId: 0, partitionId: 1, priority: 1 }],
  };
  return {
    version: 1,
    brokers: Array.from({ length: settings.brokers }, (_, id) => ({
      id,
      state: 'ACTIVE',
      version: 0,
      lastUpdatedAt: '0001-01-01T00:00:00Z',
      partitions: engine.partitions
        .filter((it) => it.members.includes(id))
        .map((it) => viewPartition(it, id)),
    })),
    ...(faults.look('scaling') && { pendingChange }),
  };
}
