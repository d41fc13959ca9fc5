import { globToRegExp } from '../faults/wireFault.ts';
import { fieldOf, type Answer, type Route } from '../http/route.ts';
import type { World } from '../world/world.ts';
import { searchError } from './searchErrors.ts';
import { searchRoute } from './searchRoute.ts';

/** Index list, refresh, and the searches that find the newest record of each partition. */
export function searchIndexRoutes(world: World): Route[] {
  const withIndices = (patterns: string, answer: (names: string[]) => Answer): Answer => {
    const missing = missingNames(world, patterns);
    if (missing[0] !== undefined)
      return searchError(404, 'index_not_found_exception', `no such index [${missing[0]}]`);
    return answer(matching(world, patterns));
  };
  return [
    searchRoute(world, 'GET', '/_cat/indices', 'indices', () => ({
      status: 200,
      json: world.indices.map(row),
    })),
    searchRoute(world, 'GET', '/_cat/indices/:patterns', 'indices', ({ params }) =>
      withIndices(params['patterns'] ?? '', (names) => ({ status: 200, json: names.map(row) })),
    ),
    searchRoute(world, 'POST', '/:patterns/_refresh', 'refresh', ({ params }) =>
      withIndices(params['patterns'] ?? '', (names) => {
        world.engine.refresh();
        return {
          status: 200,
          json: { _shards: { total: names.length, successful: names.length, failed: 0 } },
        };
      }),
    ),
    ...(['POST', 'GET'] as const).map((method) =>
      searchRoute(world, method, '/:patterns/_search', 'search', ({ params, body }) =>
        withIndices(params['patterns'] ?? '', (names) => ({ status: 200, json: search(world, names, body) })),
      ),
    ),
  ];
}

/** Live indices that fit a comma-separated list of patterns. */
export function matching({ indices }: World, patterns: string): string[] {
  const globs = patterns.split(',').map(globToRegExp);
  return indices.filter((name) => globs.some((glob) => glob.test(name)));
}

/** Exact names in the list that are no live index. */
export function missingNames({ indices }: World, patterns: string): string[] {
  return patterns.split(',').filter((name) => !name.includes('*') && !indices.includes(name));
}

function row(index: string) {
  return {
    health: 'green',
    status: 'open',
    index,
    uuid: Buffer.from(index).toString('base64url').slice(0, 22),
    pri: '1',
    rep: '0',
    'docs.count': '100',
    'docs.deleted': '0',
    'store.size': '20kb',
    'pri.store.size': '20kb',
  };
}

function search(world: World, names: string[], body: unknown) {
  const wanted = findValue(body, 'partitionId');
  const records = names.some((name) => name.startsWith('zeebe-record'))
    ? [...world.engine.searchable()].filter(([id]) => wanted === undefined || id === wanted)
    : [];
  const total = { value: Math.min(10_000, sum(records.map(([, position]) => position))), relation: 'gte' };
  const envelope = {
    took: 1,
    timed_out: false,
    _shards: { total: names.length, successful: names.length, failed: 0 },
  };
  const isHitWanted = fieldOf(body, 'size') !== 0;
  const newest = records.toSorted((a, b) => b[1] - a[1]).slice(0, 1);
  const hits = isHitWanted
    ? newest.map(([partitionId, position]) => hit(names[0] ?? '', partitionId, position))
    : [];
  const aggregations = aggregate(body, records);
  return {
    ...envelope,
    hits: { total, max_score: null, hits },
    ...(aggregations !== undefined && { aggregations }),
  };
}

function hit(index: string, partitionId: number, position: number) {
  return {
    _index: index,
    _id: `${partitionId}-${position}`,
    _score: null,
    _source: { partitionId, position },
    sort: [position],
  };
}

/** A `terms` aggregation by partition with a `max` inside, whatever their names; or a single `max`. */
function aggregate(body: unknown, records: [number, number][]) {
  const wanted = fieldOf(body, 'aggs') ?? fieldOf(body, 'aggregations');
  if (typeof wanted !== 'object' || wanted === null) return undefined;
  const answers = Object.entries(wanted).map(([name, aggregation]: [string, unknown]) => {
    if (fieldOf(aggregation, 'max') !== undefined)
      return [name, max(records.map(([, position]) => position))];
    const inner = Object.keys(fieldOf(aggregation, 'aggs') ?? fieldOf(aggregation, 'aggregations') ?? {});
    const buckets = records.map(([key, position]) => ({
      key,
      doc_count: position,
      ...Object.fromEntries(inner.map((innerName) => [innerName, max([position])])),
    }));
    return [name, { doc_count_error_upper_bound: 0, sum_other_doc_count: 0, buckets }];
  });
  return Object.fromEntries(answers) as Record<string, unknown>;
}

function max(positions: number[]) {
  return { value: positions.length === 0 ? null : Math.max(...positions) };
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** The value of a field anywhere in a query, plain or as `{value}`. */
function findValue(node: unknown, name: string): unknown {
  if (typeof node !== 'object' || node === null) return undefined;
  for (const [key, value] of Object.entries(node) as [string, unknown][]) {
    if (key === name) return fieldOf(value, 'value') ?? value;
    const found = findValue(value, name);
    if (found !== undefined) return found;
  }
  return undefined;
}
