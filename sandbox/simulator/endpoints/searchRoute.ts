import type { Route } from '../http/route.ts';
import type { World } from '../world/world.ts';

/** An endpoint of the search engine; with the engine down its connections break. */
export function searchRoute(
  world: World,
  method: Route['method'],
  path: string,
  endpoint: Route['endpoint'],
  handle: Route['handle'],
): Route {
  return {
    method,
    path,
    component: 'searchEngine',
    endpoint,
    handle: (request) => (world.faults.look('searchEngineDown') ? 'reset' : handle(request)),
  };
}
