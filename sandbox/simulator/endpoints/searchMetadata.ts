import { globToRegExp } from '../faults/wireFault.ts';
import type { Route } from '../http/route.ts';
import { liveIndices } from '../world/inventory.ts';
import type { World } from '../world/world.ts';
import { matching } from './searchIndices.ts';
import { searchRoute } from './searchRoute.ts';

/** Aliases, templates and settings of indices. Templates stay when indices are deleted, as in the engine. */
export function searchMetadataRoutes(world: World): Route[] {
  const found = (patterns = '') =>
    matching(world, patterns).flatMap((name) => world.indices.find(name) ?? []);
  return [
    searchRoute(world, 'GET', '/:patterns/_alias', 'aliases', ({ params }) => ({
      status: 200,
      json: Object.fromEntries(
        found(params['patterns']).map(({ name, alias }) => [
          name,
          { aliases: alias === null ? {} : { [alias]: { is_write_index: false } } },
        ]),
      ),
    })),
    searchRoute(world, 'GET', '/:patterns/_settings/:setting', 'settings', ({ params }) => ({
      status: 200,
      json: Object.fromEntries(
        found(params['patterns']).map(({ name, providedName }) => [
          name,
          { settings: { 'index.provided_name': providedName } },
        ]),
      ),
    })),
    searchRoute(world, 'GET', '/_index_template/:pattern', 'templates', ({ params }) => ({
      status: 200,
      json: {
        index_templates: templates(world, params['pattern']).map((name) => ({
          name,
          index_template: { index_patterns: [name.replace(/template$/, '*')], composed_of: [] },
        })),
      },
    })),
    searchRoute(world, 'GET', '/_component_template/:pattern', 'templates', () => ({
      status: 200,
      json: { component_templates: [] },
    })),
  ];
}

/** One for each index that the applications make, such as `operate-event-8.3.0_template`. */
function templates({ settings }: World, pattern = ''): string[] {
  const glob = globToRegExp(pattern);
  return liveIndices(settings)
    .filter((name) => name.endsWith('_'))
    .map((name) => `${name}template`)
    .filter((name) => glob.test(name));
}
