import { setTimeout as sleep } from 'node:timers/promises';
import { fieldOf, type Answer, type Route, type SimulatedRequest } from '../http/route.ts';
import { SHARD_CONTENT } from '../world/indices.ts';
import type { Snapshot, SnapshotState } from '../world/snapshots.ts';
import type { World } from '../world/world.ts';
import { searchError } from './searchErrors.ts';
import { matching, missingNames } from './searchIndices.ts';
import { searchRoute } from './searchRoute.ts';

/** Snapshots of a repository: list, create, delete, and what runs now. */
export function searchSnapshotRoutes(world: World): Route[] {
  const withRepository = (
    handle: (request: SimulatedRequest, repository: string) => Answer | Promise<Answer>,
  ) => {
    return (request: SimulatedRequest) => {
      const name = request.params['repository'] ?? '';
      const isThere =
        world.snapshots.repositories.has(name) && world.faults.look('repositoryMissing') === undefined;
      if (!isThere) return searchError(404, 'repository_missing_exception', `[${name}] missing`);
      return handle(request, name);
    };
  };
  return [
    searchRoute(world, 'GET', '/_snapshot/_status', 'running', () => ({
      status: 200,
      json: { snapshots: statusOfRunning(world) },
    })),
    searchRoute(world, 'GET', '/_snapshot/:repository/_status', 'running', () => ({
      status: 200,
      json: { snapshots: statusOfRunning(world) },
    })),
    searchRoute(world, 'GET', '/_snapshot/:repository/_current', 'running', ({ params }) => {
      const name = params['repository'] ?? '';
      const snapshots = running(world).filter(
        (it) => name === '_all' || name === '*' || it.repository === name,
      );
      return { status: 200, json: listed(snapshots) };
    }),
    searchRoute(
      world,
      'GET',
      '/_snapshot/:repository/:name/_status',
      'running',
      withRepository(({ params }, repository) => {
        const name = params['name'] ?? '';
        const [found] = world.snapshots.find(repository, name);
        if (found === undefined)
          return searchError(404, 'snapshot_missing_exception', `[${repository}:${name}] is missing`);
        return { status: 200, json: { snapshots: [progress(found)] } };
      }),
    ),
    searchRoute(
      world,
      'GET',
      '/_snapshot/:repository/:names',
      'snapshot',
      withRepository((request, repository) => {
        const names = request.params['names'] ?? '';
        const found = world.snapshots.find(repository, names);
        const missing = names
          .split(',')
          .find((name) => name !== '_all' && !name.includes('*') && !found.some((it) => it.name === name));
        if (missing !== undefined && request.query.get('ignore_unavailable') !== 'true') {
          return searchError(404, 'snapshot_missing_exception', `[${repository}:${missing}] is missing`);
        }
        return { status: 200, json: listed(found.map(view)) };
      }),
    ),
    searchRoute(
      world,
      'PUT',
      '/_snapshot/:repository/:name',
      'snapshot',
      withRepository((request, repository) => create(world, repository, request)),
    ),
    searchRoute(
      world,
      'DELETE',
      '/_snapshot/:repository/:name',
      'snapshot',
      withRepository(({ params }, repository) => {
        const name = params['name'] ?? '';
        const found = world.snapshots.find(repository, name);
        if (found.length === 0)
          return searchError(404, 'snapshot_missing_exception', `[${repository}:${name}] is missing`);
        for (const snapshot of found) world.snapshots.remove(snapshot);
        return { status: 200, json: { acknowledged: true } };
      }),
    ),
  ];
}

async function create(
  world: World,
  repository: string,
  { params, query, body }: SimulatedRequest,
): Promise<Answer> {
  const name = params['name'] ?? '';
  const { settings, snapshots, timeline } = world;
  const isOpenSearch = settings.engine === 'opensearch';
  if (isOpenSearch && fieldOf(body, 'feature_states') !== undefined) {
    return searchError(400, 'illegal_argument_exception', 'Unknown parameter feature_states');
  }
  if (snapshots.find(repository, name).length > 0) {
    const type = isOpenSearch ? 'invalid_snapshot_name_exception' : 'snapshot_name_already_in_use_exception';
    const reason = `[${repository}:${name}] Invalid snapshot name [${name}], snapshot with the same name already exists`;
    return searchError(400, type, reason);
  }
  const wanted = fieldOf(body, 'indices') ?? '';
  const patterns = Array.isArray(wanted) ? wanted.join(',') : typeof wanted === 'string' ? wanted : '';
  const missing = patterns === '' ? [] : missingNames(world, patterns);
  if (missing[0] !== undefined && fieldOf(body, 'ignore_unavailable') !== true) {
    return searchError(404, 'index_not_found_exception', `no such index [${missing[0]}]`);
  }
  const metadata = (fieldOf(body, 'metadata') ?? {}) as Record<string, unknown>;
  const indices = matching(world, patterns === '' ? '*' : patterns); // nothing named means every index (camunda#26618)
  const snapshot = snapshots.start({ name, repository, indices, metadata });
  const failure = world.faults.strike('partFails', (it) => it.part === 'zeebe-records');
  const isPartial = world.faults.strike('pieceNotWhole', (it) => it.part === 'zeebe-records') !== undefined;
  timeline.at(timeline.nowMs() + settings.partMs, () => {
    if (failure)
      snapshots.finish(snapshot, 'FAILED', [failure.reason ?? 'IndexShardSnapshotFailedException']);
    else if (isPartial) snapshots.finish(snapshot, 'PARTIAL', ['IndexShardSnapshotFailedException']);
    else snapshots.finish(snapshot, 'SUCCESS');
  });
  if (query.get('wait_for_completion') !== 'true') return { status: 200, json: { accepted: true } };
  while (snapshot.state === 'IN_PROGRESS') {
    await sleep(Math.min(settings.partMs, 20), undefined, { signal: world.stopping });
    timeline.advance();
  }
  return { status: 200, json: { snapshot: view(snapshot) } };
}

function listed(snapshots: unknown[]) {
  return { snapshots, total: snapshots.length, remaining: 0 };
}

function view(snapshot: Snapshot) {
  const { name, uuid, repository, indices, metadata, state, startedAtMs, failures } = snapshot;
  const endMs = snapshot.endedAtMs ?? 0;
  const failed = state === 'FAILED' || state === 'PARTIAL' ? 1 : 0;
  return {
    snapshot: name,
    uuid,
    repository,
    indices,
    data_streams: [],
    include_global_state: true,
    metadata,
    state,
    start_time: new Date(startedAtMs).toISOString(),
    start_time_in_millis: Math.floor(startedAtMs),
    end_time: new Date(endMs).toISOString(),
    end_time_in_millis: Math.floor(endMs),
    duration_in_millis: Math.max(0, Math.floor(endMs - startedAtMs)),
    failures: failures.map((reason) => ({
      index: indices[0] ?? null,
      shard_id: 0,
      reason,
      status: 'INTERNAL_SERVER_ERROR',
    })),
    shards: { total: indices.length, failed, successful: Math.max(0, indices.length - failed) },
  };
}

/** Snapshots of our own components, and those of somebody else that a fault puts there. */
function running({ faults, settings, snapshots }: World) {
  const own = snapshots.running().map(view);
  const foreign = faults.strike('snapshotRunning');
  if (foreign === undefined) return own;
  return [
    ...own,
    {
      snapshot: foreign.name,
      repository: foreign.repository ?? settings.repository,
      state: 'IN_PROGRESS',
      indices: [],
    },
  ];
}

function progress({ name, repository, uuid, state, indices }: Snapshot) {
  const done = state === 'IN_PROGRESS' ? 0 : indices.length;
  return {
    snapshot: name,
    repository,
    uuid,
    state: state === 'IN_PROGRESS' ? 'STARTED' : state,
    shards_stats: {
      initializing: 0,
      started: indices.length - done,
      finalizing: 0,
      done,
      failed: 0,
      total: indices.length,
    },
    stats: { processed: { file_count: done, size_in_bytes: done * SHARD_CONTENT.sizeBytes } },
    indices: Object.fromEntries(
      indices.map((index, at) => [index, { shards: { 0: shardOf(state, at === 0) } }]),
    ),
  };
}

/** In a snapshot that is not whole it is the shard of the first index that failed. */
function shardOf(state: SnapshotState, isFirst: boolean) {
  const isBroken = isFirst && (state === 'FAILED' || state === 'PARTIAL');
  const { files, sizeBytes } = SHARD_CONTENT;
  const total = isBroken
    ? { file_count: 0, size_in_bytes: 0 }
    : { file_count: files, size_in_bytes: sizeBytes };
  const stage = isBroken ? 'FAILURE' : state === 'IN_PROGRESS' ? 'STARTED' : 'DONE';
  return { stage, stats: { incremental: total, total } };
}

function statusOfRunning(world: World) {
  return running(world).map(({ snapshot, repository }) => ({ snapshot, repository, state: 'STARTED' }));
}
