import { excerpt, readJson, type HttpAnswer } from '../system/http/answer.ts';
import { requireOk } from './answers.ts';
import { inBatches, requireExactNames } from './indexNames.ts';
import type { CallOptions } from './callOptions.ts';
import type { RestoringShard } from './restorePort.ts';
import { Recoveries, RoutingTable, type Recovery, type RoutedShard } from './schema/restore.ts';

export type Get = (path: string, options?: CallOptions) => Promise<HttpAnswer>;

const THERE_OR_NOT = 'ignore_unavailable=true&expand_wildcards=none';
const RECOVERY_FIELDS = ['id', 'type', 'stage', 'primary', 'source', 'index.size', 'index.files']
  .map((field) => `*.shards.${field}`)
  .join(',');

/**
 * Two views that belong together. The routing table knows every shard, also one that is placed nowhere, and why; the recoveries
 * know where the data of a placed shard came from, as long as the node has not been restarted and the shard not moved.
 */
export async function readRestoringShards(
  get: Get,
  indices: string[],
  options?: CallOptions,
): Promise<RestoringShard[]> {
  requireExactNames(indices);
  const found: RestoringShard[] = [];
  for (const batch of inBatches(indices)) {
    const recoveries = readJson(
      requireOk(await get(`/${batch}/_recovery?${THERE_OR_NOT}&filter_path=${RECOVERY_FIELDS}`, options)),
      Recoveries,
    );
    // The routing after them: a shard that it calls started has a recovery, unless that is of the moment in between.
    const path = `/_cluster/state/routing_table/${batch}?${THERE_OR_NOT}&filter_path=routing_table.indices`;
    const { routing_table } = readJson(requireOk(await get(path, options)), RoutingTable);
    for (const [index, { shards }] of Object.entries(routing_table.indices)) {
      for (const routed of Object.values(shards)
        .flat()
        .filter(({ primary }) => primary)) {
        const recovery = recoveries[index]?.shards.find((it) => it.primary && it.id === routed.shard);
        found.push(toShard(index, routed, recovery));
      }
    }
  }
  return found.sort((a, b) => a.index.localeCompare(b.index) || a.shard - b.shard);
}

function toShard(index: string, routed: RoutedShard, recovery: Recovery | undefined): RestoringShard {
  const { shard, state, recovery_source, unassigned_info: unassigned } = routed;
  const text = excerpt([unassigned?.reason, rootCause(unassigned?.details ?? '')].filter(Boolean).join(': '));
  // Said of one that the engine will not place again; before that, of one that it tries once more.
  const isGivenUp =
    unassigned?.reason === 'ALLOCATION_FAILED' && unassigned.allocation_status === 'deciders_no';
  const isWaiting = state === 'UNASSIGNED';
  return {
    index,
    shard,
    started: state === 'STARTED' || state === 'RELOCATING',
    origin: toOrigin(recovery, recovery_source ?? undefined),
    files: recovery?.index.files.total ?? 0,
    sizeBytes: recovery?.index.size.total_in_bytes ?? 0,
    recoveredBytes: recovery?.index.size.recovered_in_bytes ?? 0,
    failure: isWaiting && isGivenUp ? text : null,
    waitsFor: isWaiting && !isGivenUp ? text : null,
  };
}

function toOrigin(
  recovery: Recovery | undefined,
  planned: RoutedShard['recovery_source'],
): RestoringShard['origin'] {
  const type = recovery?.type ?? planned?.type ?? 'UNKNOWN';
  const { repository, snapshot } = recovery?.source ?? planned ?? {};
  if (type === 'SNAPSHOT' && typeof repository === 'string' && typeof snapshot === 'string')
    return { kind: 'snapshot', repository, snapshot };
  return type === 'PEER' ? { kind: 'moved' } : { kind: 'other', word: excerpt(type) };
}

/** The last of a chain of exceptions says what happened: `...; nested: CorruptIndexException[checksum failed ...]`. */
function rootCause(details: string): string {
  return details.split('; nested: ').at(-1)?.replace(/; $/, '') ?? '';
}
