import type { Route } from '../http/route.ts';
import { positionAt } from '../world/partition.ts';
import type { World } from '../world/world.ts';

/** `partitions` and `exporters` of one broker: local partitions only, and followers say nothing about exporting. */
export function partitionRoutes(world: World, broker: number): Route[] {
  return [
    {
      method: 'GET',
      path: '/actuator/partitions',
      component: 'zeebe',
      endpoint: 'partitions',
      handle: () => ({ status: 200, json: view(world, broker) }),
    },
    {
      method: 'GET',
      path: '/actuator/exporters',
      component: 'zeebe',
      endpoint: 'exporters',
      handle: () => ({
        status: 200,
        json: exporterNames(world).map((exporterId) => ({ exporterId, status: 'ENABLED' })),
      }),
    },
  ];
}

/** Ids as the broker's configuration names them. */
export function exporterNames({ settings }: World): string[] {
  if (settings.profile === '8.6') return ['opensearch'];
  return settings.zeebeRecords ? ['camundaexporter', 'elasticsearch'] : ['camundaexporter'];
}

function view({ engine, faults, settings, timeline }: World, broker: number) {
  const local = engine.partitions.filter((it) => it.members.includes(broker) && !it.dead);
  const entries = local.map((partition) => {
    const isLeader =
      partition.leader === broker &&
      !faults.look('partitionLeaderless', (it) => it.partition === partition.id);
    const isHealthy = !faults.look('partitionUnhealthy', (it) => it.partition === partition.id);
    const processed = positionAt(partition, settings.loadPerSecond, timeline.nowMs());
    return [
      partition.id,
      {
        role: isLeader ? 'LEADER' : 'FOLLOWER',
        processedPosition: isLeader ? processed : null,
        snapshotId: null,
        processedPositionInSnapshot: null,
        streamProcessorPhase: isLeader ? (isHealthy ? 'PROCESSING' : 'FAILED') : 'REPLAY',
        exporterPhase: isLeader ? engine.phase(partition) : null,
        exportedPosition: isLeader ? partition.exported : null,
        clock: {},
      },
    ] as const;
  });
  return Object.fromEntries(entries);
}
