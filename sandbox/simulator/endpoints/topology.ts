import type { Route } from '../http/route.ts';
import type { Partition } from '../world/partition.ts';
import type { World } from '../world/world.ts';

/** `/v2/topology` and `/v2/status` of the REST API. */
export function topologyRoutes(world: World): Route[] {
  return [
    {
      method: 'GET',
      path: '/v2/topology',
      component: 'restApi',
      endpoint: 'topology',
      handle: () => ({ status: 200, json: view(world) }),
    },
    {
      method: 'GET',
      path: '/v2/status',
      component: 'restApi',
      endpoint: 'ready',
      handle: () => ({ status: isServing(world) ? 204 : 503 }),
    },
  ];
}

function isServing({ engine, faults }: World): boolean {
  const down = faults.look('componentDown', (it) => it.component === 'zeebe' || it.component === 'restApi');
  return down === undefined && engine.partitions.some((partition) => !partition.dead);
}

function view({ engine, faults, settings }: World) {
  const viewPartition = (partition: Partition, broker: number) => {
    const isOf = (fault: { partition: number }) => fault.partition === partition.id;
    const isLed = faults.look('partitionLeaderless', isOf) === undefined && !partition.dead;
    const isHealthy = faults.look('partitionUnhealthy', isOf) === undefined && !partition.dead;
    return {
      partitionId: partition.id,
      role: isLed && partition.leader === broker ? 'leader' : 'follower',
      health: isHealthy ? 'healthy' : 'unhealthy',
    };
  };
  return {
    brokers: Array.from({ length: settings.brokers }, (_, nodeId) => ({
      nodeId,
      host: '127.0.0.1',
      port: 26501 + nodeId,
      partitions: engine.partitions
        .filter((it) => it.members.includes(nodeId))
        .map((it) => viewPartition(it, nodeId)),
      version: faults.look('brokerVersion', (it) => it.broker === nodeId)?.version ?? settings.version,
    })),
    clusterSize: settings.brokers,
    partitionsCount: settings.partitions,
    replicationFactor: engine.partitions[0]?.members.length ?? 1,
    gatewayVersion: settings.version,
  };
}
