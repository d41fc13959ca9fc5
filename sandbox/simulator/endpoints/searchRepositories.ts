import { fieldOf, type Route, type SimulatedRequest } from '../http/route.ts';
import type { World } from '../world/world.ts';
import { searchError } from './searchErrors.ts';
import { searchRoute } from './searchRoute.ts';

/** Snapshot repositories: register, show and verify. */
export function searchRepositoryRoutes(world: World): Route[] {
  const { repositories } = world.snapshots;
  const path = '/_snapshot/:repository';
  const nameOf = ({ params }: SimulatedRequest) => params['repository'] ?? '';
  const find = (name: string) =>
    world.faults.look('repositoryMissing') ? undefined : repositories.get(name);
  const missing = (name: string) => searchError(404, 'repository_missing_exception', `[${name}] missing`);
  return [
    searchRoute(world, 'GET', '/_snapshot', 'repository', () => ({
      status: 200,
      json: Object.fromEntries(repositories),
    })),
    searchRoute(world, 'GET', path, 'repository', (request) => {
      const found = find(nameOf(request));
      return found ? { status: 200, json: { [nameOf(request)]: found } } : missing(nameOf(request));
    }),
    searchRoute(world, 'PUT', path, 'repository', (request) => {
      repositories.set(nameOf(request), {
        type: fieldOf(request.body, 'type'),
        settings: fieldOf(request.body, 'settings'),
      });
      return { status: 200, json: { acknowledged: true } };
    }),
    searchRoute(world, 'POST', `${path}/_verify`, 'verify', (request) => {
      const name = nameOf(request);
      if (find(name) === undefined) return missing(name);
      if (world.faults.strike('repositoryBroken')) {
        const reason = `[${name}] path is not accessible on master node`;
        return searchError(500, 'repository_verification_exception', reason);
      }
      return { status: 200, json: { nodes: { c2ltdWxhdGVkLW5vZGU: { name: 'node-1' } } } };
    }),
  ];
}
