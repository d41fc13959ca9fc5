import type { Component } from '../options.ts';
import type { Route } from '../http/route.ts';
import type { World } from '../world/world.ts';
import { viewConfigProps } from './configprops.ts';

/** What every management server offers: the list of its endpoints, health and configuration. */
export function actuatorRoutes(world: World, component: Component, endpoints: string[]): Route[] {
  const get = (path: string, endpoint: Route['endpoint'], handle: Route['handle']): Route => ({
    method: 'GET',
    path,
    component,
    endpoint,
    handle,
  });
  const ids = [...endpoints, 'configprops', 'health'];
  return [
    get('/actuator', 'links', ({ origin }) => ({ status: 200, json: { _links: links(origin, ids) } })),
    get('/actuator/configprops', 'configprops', () => ({
      status: 200,
      json: viewConfigProps(world, component),
    })),
    get('/actuator/health', 'health', () => health(world, component, true)),
    get('/actuator/health/readiness', 'health', () => health(world, component, false)),
    get('/actuator/health/liveness', 'health', () => ({ status: 200, json: { status: 'UP' } })),
  ];
}

/** One entry per endpoint, and one more with the id for those that take one. */
function links(origin: string, ids: string[]) {
  const base = `${origin}/actuator`;
  const withId = ids.filter((id) => id.startsWith('backup'));
  return Object.fromEntries([
    ['self', { href: base, templated: false }],
    ...ids.map((id) => [id, { href: `${base}/${id}`, templated: false }]),
    ...withId.map((id) => [`${id}-id`, { href: `${base}/${id}/{id}`, templated: true }]),
  ]) as Record<string, { href: string; templated: boolean }>;
}

function health({ engine, faults }: World, component: Component, detailed: boolean) {
  const isDown =
    faults.look('componentDown', (it) => it.component === component) !== undefined ||
    (component === 'zeebe' && engine.partitions.some((partition) => partition.dead)) ||
    (component === 'operate' && faults.look('searchEngineDown') !== undefined);
  const status = isDown ? 'DOWN' : 'UP';
  return {
    status: isDown ? 503 : 200,
    json: detailed
      ? { status, components: components(component, isDown), groups: ['liveness', 'readiness'] }
      : { status },
  };
}

function components(component: Component, isDown: boolean) {
  if (component === 'zeebe') {
    return {
      brokerReady: { status: isDown ? 'OUT_OF_SERVICE' : 'UP' },
      brokerStartup: { status: 'UP' },
      brokerStatus: { status: isDown ? 'DOWN' : 'UP' },
    };
  }
  return { indicesCheck: { status: isDown ? 'DOWN' : 'UP' } };
}
