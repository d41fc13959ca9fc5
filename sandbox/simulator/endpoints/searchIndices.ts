import { globToRegExp } from '../faults/wireFault.ts';
import type { Answer, Route, SimulatedRequest } from '../http/route.ts';
import { SHARD_CONTENT } from '../world/indices.ts';
import type { World } from '../world/world.ts';
import { searchError } from './searchErrors.ts';
import { searchRecords } from './searchRecords.ts';
import { searchRoute } from './searchRoute.ts';

/** Index list, refresh and search. */
export function searchIndexRoutes(world: World): Route[] {
  const list = ({ params, query }: SimulatedRequest) =>
    withIndices(world, params['patterns'] ?? '*', query, (names) => ({
      status: 200,
      json: names.map((name) => columns(row(world, name), query)),
    }));
  const search = ({ params, query, body }: SimulatedRequest) =>
    withIndices(world, params['patterns'] ?? '*', query, (names) => searchRecords(world, names, body));
  return [
    searchRoute(world, 'GET', '/_cat/indices', 'indices', list),
    searchRoute(world, 'GET', '/_cat/indices/:patterns', 'indices', list),
    searchRoute(world, 'POST', '/:patterns/_refresh', 'refresh', ({ params, query }) =>
      withIndices(world, params['patterns'] ?? '', query, (names) => {
        world.engine.refresh();
        return {
          status: 200,
          json: { _shards: { total: names.length, successful: names.length, failed: 0 } },
        };
      }),
    ),
    searchRoute(world, 'POST', '/:patterns/_search', 'search', search),
    searchRoute(world, 'GET', '/:patterns/_search', 'search', search),
  ];
}

/** Live indices that fit a comma-separated list of patterns. */
export function matching({ indices }: World, patterns: string): string[] {
  const globs = patterns.split(',').map(globToRegExp);
  return indices.names().filter((name) => globs.some((glob) => glob.test(name)));
}

/** Exact names in the list that are no live index. */
export function missingNames({ indices }: World, patterns: string): string[] {
  return patterns.split(',').filter((name) => !name.includes('*') && indices.find(name) === undefined);
}

/** The columns that `h` asks for; without it all but the date of creation. */
export function columns(
  row: Record<string, string>,
  query: URLSearchParams,
): Record<string, string | undefined> {
  const shown = Object.keys(row).filter((name) => name !== 'creation.date');
  const wanted = query.get('h')?.split(',') ?? shown;
  return Object.fromEntries(wanted.map((name) => [name, row[name]]));
}

export function withIndices(
  world: World,
  patterns: string,
  query: URLSearchParams,
  answer: (names: string[]) => Answer,
): Answer {
  const missing = query.get('ignore_unavailable') === 'true' ? [] : missingNames(world, patterns);
  if (missing[0] === undefined) return answer(matching(world, patterns));
  return searchError(404, 'index_not_found_exception', `no such index [${missing[0]}]`);
}

function row({ indices }: World, index: string): Record<string, string> {
  return {
    health: 'green',
    status: 'open',
    index,
    uuid: Buffer.from(index).toString('base64url').slice(0, 22),
    pri: '1',
    rep: '0',
    'docs.count': String(SHARD_CONTENT.documents),
    'docs.deleted': '0',
    'store.size': '20kb',
    'pri.store.size': '20kb',
    'creation.date': String(indices.find(index)?.createdAtMs ?? 0),
  };
}
