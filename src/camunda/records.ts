import { SafepointError } from '../contract/errors.ts';
import type { RecordPosition } from '../contract/parts.ts';
import { readJson, unexpectedAnswer, type HttpAnswer } from '../system/http/answer.ts';
import type { HttpClient } from '../system/http.ts';
import { requireOk } from './answers.ts';
import type { CallOptions } from './port.ts';
import { RecordHits } from './schema/searchEngine.ts';

const INDEX_OPTIONS = 'ignore_unavailable=true&allow_no_indices=true';

/**
 * Highest `position` per partition in the indices of exported records, after a refresh: what a snapshot would hold.
 * One search a partition: the newest record of those partitions that were not seen yet, until there is none. A sorted
 * search of size 1 skips nearly the whole index, where an aggregation reads it.
 */
export async function readHighestRecords(
  http: HttpClient,
  prefix: string,
  options?: CallOptions,
): Promise<RecordPosition[]> {
  const indices = `/${encodeURIComponent(prefix)}*`;
  requireOk(await http.ask({ method: 'POST', path: `${indices}/_refresh?${INDEX_OPTIONS}`, ...options }));

  const found: RecordPosition[] = [];
  for (;;) {
    const body = JSON.stringify(newestRecordExcept(found.map(({ partitionId }) => partitionId)));
    const answer = await http.ask({
      method: 'POST',
      path: `${indices}/_search?${INDEX_OPTIONS}`,
      body,
      ...options,
    });
    const newest = readNewest(requireOk(answer));
    if (newest === undefined) return found.sort((a, b) => a.partitionId - b.partitionId);
    // Else it would go on for ever.
    if (found.some(({ partitionId }) => partitionId === newest.partitionId)) {
      throw unexpectedAnswer(answer, `a record of partition ${newest.partitionId}, which was excluded`);
    }
    found.push(newest);
  }
}

function newestRecordExcept(partitionIds: number[]) {
  return {
    size: 1,
    track_total_hits: false,
    _source: ['partitionId', 'position'],
    query: { bool: { must_not: [{ terms: { partitionId: partitionIds } }] } },
    sort: [{ position: { order: 'desc', unmapped_type: 'long' } }],
  };
}

/** An answer without some shards would prove a position that is too low. */
function readNewest(answer: HttpAnswer): RecordPosition | undefined {
  const { timed_out, _shards, hits } = readJson(answer, RecordHits);
  if (!timed_out && _shards.failed === 0) return hits.hits[0]?._source;
  const message = `${answer.request} answered for a part of its shards only (${_shards.failed} failed); it is tried again`;
  throw new SafepointError('EndpointUnreachable', message);
}
