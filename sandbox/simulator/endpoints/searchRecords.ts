import { fieldOf, type Answer } from '../http/route.ts';
import type { World } from '../world/world.ts';
import { searchError } from './searchErrors.ts';
import { fitsQuery, type IndexedRecord } from './searchQuery.ts';

/** A search over the newest record of each partition: by query and sort, or aggregated to the highest position. */
export function searchRecords(world: World, names: string[], body: unknown): Answer {
  const holdsRecords = names.some((name) => name.startsWith('zeebe-record'));
  const records: IndexedRecord[] = [];
  for (const [partitionId, position] of holdsRecords ? world.engine.searchable() : []) {
    const fits = fitsQuery(fieldOf(body, 'query'), { partitionId, position });
    if (typeof fits !== 'boolean')
      return searchError(400, 'parsing_exception', `unknown query [${fits.unknown}]`);
    if (fits) records.push({ partitionId, position });
  }
  const size = Number(fieldOf(body, 'size') ?? 10);
  const newest = records.toSorted((a, b) => b.position - a.position).slice(0, size);
  const hits = newest.map((record) => ({
    _index: names[0],
    _id: `${record.partitionId}-${record.position}`,
    _score: null,
    _source: record,
    sort: [record.position],
  }));
  const aggregations = aggregate(body, records);
  const json = {
    took: 1,
    timed_out: false,
    _shards: { total: names.length, successful: names.length, skipped: 0, failed: 0 },
    hits: { total: { value: records.length, relation: 'gte' }, max_score: null, hits },
    ...(aggregations !== undefined && { aggregations }),
  };
  return { status: 200, json };
}

/** A `terms` aggregation by partition with a `max` inside, whatever their names; or a single `max`. */
function aggregate(body: unknown, records: IndexedRecord[]): Record<string, unknown> | undefined {
  const wanted = fieldOf(body, 'aggs') ?? fieldOf(body, 'aggregations');
  if (typeof wanted !== 'object' || wanted === null) return undefined;
  const answers = Object.entries(wanted).map(([name, aggregation]: [string, unknown]) => {
    if (fieldOf(aggregation, 'max') !== undefined) return [name, max(records)];
    const inner = Object.keys(fieldOf(aggregation, 'aggs') ?? fieldOf(aggregation, 'aggregations') ?? {});
    const buckets = records.map((record) => ({
      key: record.partitionId,
      doc_count: record.position,
      ...Object.fromEntries(inner.map((innerName) => [innerName, max([record])])),
    }));
    return [name, { doc_count_error_upper_bound: 0, sum_other_doc_count: 0, buckets }];
  });
  return Object.fromEntries(answers) as Record<string, unknown>;
}

function max(records: IndexedRecord[]) {
  return { value: records.length === 0 ? null : Math.max(...records.map((it) => it.position)) };
}
