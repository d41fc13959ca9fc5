import { SafepointError } from '../contract/errors.ts';
import { quoted, readJson, type HttpAnswer } from '../system/http/answer.ts';
import type { HttpCall, HttpClient } from '../system/http.ts';
import { errorText, requireOk, retryLater, unexpectedStatus } from './answers.ts';
import { readAliases, readTemplates } from './fingerprints.ts';
import { inBatches, requireExactNames, startingWith } from './indexNames.ts';
import type { CallOptions } from './callOptions.ts';
import { isMissing, isRepositoryMissing, repositoryMissing } from './repository.ts';
import type { RestoreEngine, RestoreRequest, SnapshotContents } from './restorePort.ts';
import { readRestoringShards } from './restoringShards.ts';
import {
  Acknowledged,
  Counted,
  IndexStates,
  ProvidedNames,
  RestoreAccepted,
  SnapshotStatuses,
} from './schema/restore.ts';

/** A change of the cluster state waits for all nodes, and a repository in a cloud takes its time. */
const SLOW_MS = 60_000;
/** Lists with a row for each shard or index of a cluster. */
const LIST_LIMIT_BYTES = 64 * 1024 * 1024;
/** The list view of Operate has instances, and their flow nodes and variables as children of them. */
const INSTANCES = 'joinRelation:processInstance';
const THERE_OR_NOT = 'ignore_unavailable=true&expand_wildcards=none';

export function createRestoreEngine(http: HttpClient, repository: string): RestoreEngine {
  const snapshotPath = (name: string) =>
    `/_snapshot/${encodeURIComponent(repository)}/${encodeURIComponent(name)}`;
  const get = (path: string, options?: CallOptions) =>
    http.ask({ method: 'GET', path, timeoutMs: SLOW_MS, bodyLimitBytes: LIST_LIMIT_BYTES, ...options });
  const send = (call: Pick<HttpCall, 'method' | 'path' | 'body'>, options?: CallOptions) =>
    http.ask({ ...call, timeoutMs: SLOW_MS, ...options });

  async function count(index: string, query: string, options?: CallOptions): Promise<number> {
    const q = query === '' ? '' : `?q=${encodeURIComponent(query)}`;
    const answer = requireOk(await get(`/${encodeURIComponent(index)}/_count${q}`, options));
    const { count: counted, _shards: shards } = readJson(answer, Counted);
    if (shards.failed > 0 || shards.successful < shards.total) throw partOnly(answer);
    return counted;
  }

  return {
    async listIndexStates(prefixes, options) {
      if (prefixes.length === 0) return [];
      const query = 'format=json&h=index,status&expand_wildcards=all';
      const answer = await get(`/_cat/indices/${startingWith(prefixes)}?${query}`, options);
      return readJson(requireOk(answer), IndexStates).sort((a, b) => compare(a.name, b.name));
    },

    async deleteIndices(names, options) {
      requireExactNames(names);
      for (const batch of inBatches(names)) {
        const answer = await send({ method: 'DELETE', path: `/${batch}?${THERE_OR_NOT}` }, options);
        if (/snapshot_in_progress_exception/.test(answer.text)) throw retryLater(answer);
        if (answer.status !== 404) readJson(requireOk(answer), Acknowledged);
      }
    },

    async readSnapshot(name, options) {
      const answer = await get(`${snapshotPath(name)}/_status`, options);
      if (isMissing(answer)) return null;
      if (isRepositoryMissing(answer)) throw repositoryMissing(answer);
      const { snapshots } = readJson(requireOk(answer), SnapshotStatuses);
      const snapshot = snapshots.find((candidate) => candidate.snapshot === name);
      return snapshot === undefined ? null : toContents(snapshot);
    },

    async startRestore(request, options) {
      requireExactNames(request.indices);
      // An empty list would restore every index of the snapshot.
      if (request.indices.length === 0) return;
      const path = `${snapshotPath(request.snapshot)}/_restore?wait_for_completion=false`;
      const answer = await send(
        { method: 'POST', path, body: JSON.stringify(restoreBody(request)) },
        options,
      );
      if (answer.status !== 200 && answer.status !== 202) throw failedStart(answer);
      readJson(answer, RestoreAccepted);
    },

    readRestoringShards: (indices, options) => readRestoringShards(get, indices, options),

    async countDocuments(indices, options) {
      requireExactNames(indices);
      for (const batch of inBatches(indices))
        requireOk(await send({ method: 'POST', path: `/${batch}/_refresh` }, options));
      const counts = [];
      for (const index of indices) counts.push({ index, documents: await count(index, '', options) });
      return counts;
    },

    async countInstances(indices, options) {
      requireExactNames(indices);
      const counted = { all: 0, active: 0 };
      for (const index of indices) {
        counted.all += await count(index, INSTANCES, options);
        counted.active += await count(index, `${INSTANCES} AND state:ACTIVE`, options);
      }
      return counted;
    },

    readAliases: (prefixes, options) => readAliases(get, prefixes, options),
    readTemplates: (prefixes, options) => readTemplates(get, prefixes, options),

    async listRenamedIndices(renamePrefix, options) {
      const query = 'flat_settings=true&expand_wildcards=all';
      const path = `/${startingWith([renamePrefix])}/_settings/index.provided_name?${query}`;
      const named = readJson(requireOk(await get(path, options)), ProvidedNames);
      return Object.entries(named)
        .flatMap(([name, { settings }]) => {
          const original = settings['index.provided_name'] ?? name;
          return original !== name && name.endsWith(original) ? [{ name, original }] : [];
        })
        .sort((a, b) => compare(a.name, b.name));
    },
  };
}

/**
 * `rename_replacement` of a copy is a text with `$1`, which no name of an index has. A copy is nobody's: no alias leads to it, it
 * has no replica, and no lifecycle policy deletes it or rolls it over.
 */
function restoreBody({ indices, renamePrefix }: RestoreRequest): object {
  const common = { indices: indices.join(','), include_global_state: false, partial: false };
  if (renamePrefix === undefined) return { ...common, include_aliases: true };
  return {
    ...common,
    include_aliases: false,
    rename_pattern: '(.+)',
    rename_replacement: `${renamePrefix}$1`,
    index_settings: { 'index.number_of_replicas': 0, 'index.auto_expand_replicas': false },
    ignore_index_settings: ['index.lifecycle.name'],
  };
}

function failedStart(answer: HttpAnswer): SafepointError {
  const text = errorText(answer);
  const message = `${answer.request} answered ${answer.status}${quoted(text)}`;
  if (/open index with same name|same name already exists/.test(text))
    return new SafepointError('IndexInTheWay', `${message}; nothing was restored`);
  if (/snapshot_restore_exception|snapshot_missing_exception|index_not_found_exception/.test(answer.text))
    return new SafepointError('SnapshotUnusable', `${message}; nothing was restored`);
  if (isRepositoryMissing(answer)) return repositoryMissing(answer);
  return unexpectedStatus(answer);
}

function toContents({ snapshot, state, indices }: SnapshotStatuses['snapshots'][number]): SnapshotContents {
  const shards = Object.entries(indices).flatMap(([index, { shards: byNumber }]) =>
    Object.entries(byNumber).map(([number, { stage, stats }]) => ({
      index,
      shard: Number(number),
      whole: stage === 'DONE',
      files: stats.total.file_count,
      sizeBytes: stats.total.size_in_bytes,
    })),
  );
  return {
    name: snapshot,
    state,
    indices: Object.keys(indices).sort(compare),
    shards: shards.sort((a, b) => compare(a.index, b.index) || a.shard - b.shard),
  };
}

function partOnly(answer: HttpAnswer): SafepointError {
  const message = `${answer.request} answered for a part of its shards only; it is tried again`;
  return new SafepointError('EndpointUnreachable', message);
}

function compare(a: string, b: string): number {
  return a.localeCompare(b);
}
