import type { SafepointError } from '../contract/errors.ts';
import type { RecordPosition } from '../contract/parts.ts';
import { readJson, type HttpAnswer } from '../system/http/answer.ts';
import type { HttpCall, HttpClient } from '../system/http.ts';
import { unexpectedStatus } from './answers.ts';
import { describeFailures } from './historyStatus.ts';
import { TRIGGER_TIMEOUT_MS } from './partClient.ts';
import type { CallOptions, SearchEngineClient } from './port.ts';
import { readHighestRecords } from './records.ts';
import { isMissing, isRepositoryMissing, repositoryMissing, snapshotFailed } from './repository.ts';
import { createRestoreEngine } from './restoreEngine.ts';
import {
  DiskAllocation,
  EngineHealth,
  EngineInfo,
  LiveIndices,
  Repositories,
  RepositoryVerified,
  SnapshotProgress,
  Snapshots,
} from './schema/searchEngine.ts';

/** Lists of snapshots name every index of each. */
const SNAPSHOTS_LIMIT_BYTES = 64 * 1024 * 1024;

export type SearchEngineSettings = { repository: string; recordsPrefix: string };

export function createSearchEngineClient(
  http: HttpClient,
  { repository, recordsPrefix }: SearchEngineSettings,
): SearchEngineClient {
  const repositoryPath = `/_snapshot/${encodeURIComponent(repository)}`;

  async function get(
    path: string,
    options?: CallOptions,
    limits: Partial<HttpCall> = {},
  ): Promise<HttpAnswer> {
    const answer = await http.ask({ method: 'GET', path, ...limits, ...options });
    if (answer.status !== 200) throw failed(answer);
    return answer;
  }

  return {
    ...createRestoreEngine(http, repository),
    repository,

    async readHealth(options) {
      const { version } = readJson(await get('/', options), EngineInfo);
      const { status } = readJson(await get('/_cluster/health', options), EngineHealth);
      return { status, engine: version.distribution ?? 'elasticsearch', version: version.number };
    },

    async verifyRepository(options) {
      const answer = await http.ask({ method: 'POST', path: `${repositoryPath}/_verify`, ...options });
      if (answer.status !== 200) throw snapshotFailed(answer, `repository ${repository} is not usable`);
      readJson(answer, RepositoryVerified);
    },

    async repositoryExists(options) {
      const answer = await http.ask({ method: 'GET', path: repositoryPath, ...options });
      if (answer.status === 404) return false;
      if (answer.status !== 200) throw failed(answer);
      return Object.hasOwn(readJson(answer, Repositories), repository);
    },

    async listRunningSnapshots(options) {
      const { snapshots } = readJson(await get('/_snapshot/_status', options), SnapshotProgress);
      return snapshots.map(({ snapshot }) => snapshot);
    },

    async listSnapshots(pattern, options) {
      const path = `${repositoryPath}/${encodePattern(pattern)}`;
      const bodyLimitBytes = SNAPSHOTS_LIMIT_BYTES;
      const answer = await http.ask({ method: 'GET', path, bodyLimitBytes, ...options });
      if (isMissing(answer)) return [];
      if (answer.status !== 200) throw failed(answer);
      return readJson(answer, Snapshots).snapshots.map(({ snapshot, state, indices, failures }) => ({
        name: snapshot,
        state: state.foreign,
        indices,
        failures: failures.map((failure) => describeFailures([failure]) ?? ''),
      }));
    },

    async removeSnapshot(name, options) {
      const path = `${repositoryPath}/${encodeURIComponent(name)}`;
      const answer = await http.ask({ method: 'DELETE', path, timeoutMs: TRIGGER_TIMEOUT_MS, ...options });
      if (answer.status !== 200 && !isMissing(answer)) throw failed(answer);
    },

    async listIndices(prefixes, options) {
      if (prefixes.length === 0) return [];
      const patterns = prefixes.map((prefix) => `${encodeURIComponent(prefix)}*`).join(',');
      const answer = await get(`/_cat/indices/${patterns}?format=json&h=index,creation.date`, options);
      return readJson(answer, LiveIndices).sort((a, b) => a.name.localeCompare(b.name));
    },

    readHighestRecords: (options): Promise<RecordPosition[]> =>
      readHighestRecords(http, recordsPrefix, options),

    async readDiskUsedPercent(options) {
      const answer = await http.exchange({
        method: 'GET',
        path: '/_cat/allocation?format=json&h=node,disk.percent',
        ...options,
      });
      if (answer.status === 403) return null; // needs the monitor privilege
      if (answer.status !== 200) throw failed(answer);
      const used = readJson(answer, DiskAllocation)
        .flatMap((node) => node['disk.percent'] ?? [])
        .map(Number);
      return used.length === 0 ? null : used.reduce((most, percent) => Math.max(most, percent));
    },
  };
}

function encodePattern(pattern: string): string {
  return encodeURIComponent(pattern).replaceAll('%2A', '*');
}

function failed(answer: HttpAnswer): SafepointError {
  return isRepositoryMissing(answer) ? repositoryMissing(answer) : unexpectedStatus(answer);
}
