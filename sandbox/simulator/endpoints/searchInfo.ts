import type { Route } from '../http/route.ts';
import type { World } from '../world/world.ts';
import { columns } from './searchIndices.ts';
import { searchRoute } from './searchRoute.ts';

/** Who the search engine is, how it feels, and how full its disks are. */
export function searchInfoRoutes(world: World): Route[] {
  return [
    searchRoute(world, 'GET', '/', 'info', () => ({ status: 200, json: info(world) })),
    searchRoute(world, 'GET', '/_cluster/health', 'clusterHealth', () => ({
      status: 200,
      json: {
        cluster_name: 'simulated',
        status: world.faults.look('searchEngineStatus')?.status ?? 'green',
        timed_out: false,
        number_of_nodes: 1,
        number_of_data_nodes: 1,
        active_primary_shards: world.indices.names().length,
        active_shards: world.indices.names().length,
        relocating_shards: 0,
        initializing_shards: 0,
        unassigned_shards: 0,
      },
    })),
    searchRoute(world, 'GET', '/_cat/allocation', 'allocation', ({ query }) => {
      const percent = world.faults.look('diskUsed')?.percent ?? 41;
      return { status: 200, json: [columns(allocation(world.indices.names().length, percent), query)] };
    }),
  ];
}

function info({ settings }: World) {
  const isOpenSearch = settings.engine === 'opensearch';
  return {
    name: 'node-1',
    cluster_name: 'simulated',
    cluster_uuid: 'c2ltdWxhdGVkLWNsdXN0ZXI',
    version: isOpenSearch
      ? { distribution: 'opensearch', number: '2.19.1' }
      : { number: '8.17.4', build_flavor: 'default' },
    tagline: isOpenSearch ? 'The OpenSearch Project: https://opensearch.org/' : 'You Know, for Search',
  };
}

function allocation(shards: number, percent: number) {
  return {
    shards: String(shards),
    'disk.indices': '1.2gb',
    'disk.used': `${percent}gb`,
    'disk.avail': `${100 - percent}gb`,
    'disk.total': '100gb',
    'disk.percent': String(percent),
    host: '127.0.0.1',
    ip: '127.0.0.1',
    node: 'node-1',
  };
}
