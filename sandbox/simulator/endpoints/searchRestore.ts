import { fieldOf, type Answer, type Route, type SimulatedRequest } from '../http/route.ts';
import { SHARD_CONTENT, type SimulatedIndex } from '../world/indices.ts';
import type { Snapshot } from '../world/snapshots.ts';
import type { World } from '../world/world.ts';
import { searchError } from './searchErrors.ts';
import { withIndices } from './searchIndices.ts';
import { searchRoute } from './searchRoute.ts';

/** Deletion of indices, restore of snapshots, and where the shards of an index come from. */
export function searchRestoreRoutes(world: World): Route[] {
  const onIndices =
    (answer: (indices: SimulatedIndex[], query: URLSearchParams) => unknown) =>
    ({ params, query }: SimulatedRequest) =>
      withIndices(world, params['patterns'] ?? '', query, (names) => ({
        status: 200,
        json: answer(
          names.flatMap((name) => world.indices.find(name) ?? []),
          query,
        ),
      }));
  return [
    searchRoute(
      world,
      'DELETE',
      '/:patterns',
      'deleteIndices',
      onIndices((indices) => {
        for (const { name } of indices) world.indices.remove(name);
        return { acknowledged: true };
      }),
    ),
    searchRoute(world, 'POST', '/_snapshot/:repository/:name/_restore', 'restore', (request) =>
      restore(world, request),
    ),
    searchRoute(
      world,
      'GET',
      '/_cluster/state/routing_table/:patterns',
      'shards',
      onIndices((indices) => ({ routing_table: { indices: keyed(indices, (it) => routing(world, it)) } })),
    ),
    searchRoute(
      world,
      'GET',
      '/:patterns/_recovery',
      'shards',
      onIndices((indices) =>
        keyed(
          indices.filter((it) => world.indices.isStarted(it)),
          recovery,
        ),
      ),
    ),
    searchRoute(
      world,
      'GET',
      '/:patterns/_count',
      'count',
      onIndices((indices, query) => ({
        count: indices.length * countIn(query.get('q') ?? ''),
        _shards: shards(
          indices.length,
          indices.filter((it) => world.indices.isStarted(it)),
        ),
      })),
    ),
  ];
}

/** As if every document were a process instance, and every other one of them active. */
function countIn(query: string): number {
  return query.includes('state:ACTIVE') ? SHARD_CONTENT.documents / 2 : SHARD_CONTENT.documents;
}

function restore(world: World, { params, body }: SimulatedRequest): Answer {
  const [repository, name] = [params['repository'] ?? '', params['name'] ?? ''];
  const refuse = (reason: string) => searchError(500, 'snapshot_restore_exception', reason);
  if (!world.snapshots.repositories.has(repository) || world.faults.look('repositoryMissing'))
    return searchError(404, 'repository_missing_exception', `[${repository}] missing`);
  const snapshot = world.snapshots.find(repository, '*').find((it) => it.name === name);
  if (snapshot === undefined) return refuse(`[${repository}:${name}] snapshot does not exist`);

  const wanted = textOf(body, 'indices') === '' ? snapshot.indices : textOf(body, 'indices').split(',');
  const missing = wanted.find((index) => !snapshot.indices.includes(index));
  if (missing !== undefined)
    return searchError(404, 'index_not_found_exception', `no such index [${missing}]`);
  const broken = snapshot.state === 'SUCCESS' ? undefined : wanted[0];
  if (broken !== undefined)
    return refuse(`[${repository}:${name}] index [${broken}] wasn't fully snapshotted - cannot restore`);

  const renamed = (index: string) =>
    textOf(body, 'rename_pattern') === ''
      ? index
      : index.replace(new RegExp(textOf(body, 'rename_pattern')), textOf(body, 'rename_replacement'));
  const inTheWay = wanted.map(renamed).find((index) => world.indices.find(index) !== undefined);
  if (inTheWay !== undefined)
    return refuse(
      `[${repository}:${name}] cannot restore index [${inTheWay}] because an open index with same name already exists in the cluster`,
    );
  addRestored(world, snapshot, wanted, renamed, fieldOf(body, 'include_aliases') !== false);
  return { status: 200, json: { accepted: true } };
}

/** The shards of one restore start one after another; the last is the one that a fault meets. */
function addRestored(
  { faults, indices, settings, timeline }: World,
  { name: snapshot, repository }: Snapshot,
  wanted: string[],
  renamed: (index: string) => string,
  withAliases: boolean,
): void {
  const failure = faults.strike(
    'restoreFails',
    (it) => it.snapshot === undefined || it.snapshot === snapshot,
  );
  const stalls = faults.strike(
    'restoreStalls',
    (it) => it.snapshot === undefined || it.snapshot === snapshot,
  );
  wanted.forEach((original, index) => {
    const isLast = index === wanted.length - 1;
    indices.add({
      name: renamed(original),
      providedName: original,
      origin: { repository, snapshot },
      startsAtMs:
        isLast && stalls ? Infinity : timeline.nowMs() + (settings.partMs * (index + 1)) / wanted.length,
      failure: isLast && failure ? (failure.reason ?? 'CorruptIndexException[checksum failed]') : null,
      ...(!withAliases && { alias: null }),
    });
  });
}

function routing({ indices }: World, index: SimulatedIndex): object {
  const source = index.origin === null ? { type: 'EMPTY_STORE' } : { type: 'SNAPSHOT', ...index.origin };
  const base = { primary: true, node: null, shard: 0, index: index.name };
  if (indices.isStarted(index)) return { shards: { 0: [{ ...base, state: 'STARTED' }] } };
  const unassigned_info =
    index.failure === null
      ? { reason: 'NEW_INDEX_RESTORED', details: 'restore_source', allocation_status: 'fetching_shard_data' }
      : {
          reason: 'ALLOCATION_FAILED',
          details: `failed recovery; nested: ${index.failure}; `,
          allocation_status: 'deciders_no',
        };
  return { shards: { 0: [{ ...base, state: 'UNASSIGNED', recovery_source: source, unassigned_info }] } };
}

function recovery({ origin }: SimulatedIndex): object {
  const { files, sizeBytes } = SHARD_CONTENT;
  return {
    shards: [
      {
        id: 0,
        type: origin === null ? 'EMPTY_STORE' : 'SNAPSHOT',
        stage: 'DONE',
        primary: true,
        source: origin ?? {},
        index: {
          size: { total_in_bytes: sizeBytes, reused_in_bytes: 0, recovered_in_bytes: sizeBytes },
          files: { total: files, reused: 0, recovered: files },
        },
      },
    ],
  };
}

function keyed(indices: SimulatedIndex[], show: (index: SimulatedIndex) => object): object {
  return Object.fromEntries(indices.map((index) => [index.name, show(index)]));
}

function shards(total: number, started: unknown[]): object {
  return { total, successful: started.length, skipped: 0, failed: 0 };
}

function textOf(body: unknown, name: string): string {
  const value = fieldOf(body, name);
  return typeof value === 'string' ? value : '';
}
