import { SafepointError } from '../contract/errors.ts';
import { readJson, type HttpAnswer } from '../system/http/answer.ts';
import type { HttpClient } from '../system/http.ts';
import { errorText, refused, retryLater, unexpectedStatus } from './answers.ts';
import { describeFailures } from './historyStatus.ts';
import { checkBackupId, TRIGGER_TIMEOUT_MS, type PartClient } from './partClient.ts';
import { absentPart, toPartStatus } from './partStatus.ts';
import type { SearchEngineClient } from './port.ts';
import { isMissing, repositoryMissing } from './repository.ts';
import type { ReadProgress } from './snapshotProgress.ts';
import { SnapshotAccepted, Snapshots } from './schema/searchEngine.ts';

/** A part that is one snapshot; its name is the prefix and the backup id. */
export type SnapshotOf = {
  part: 'zeebe-records' | 'indices';
  namePrefix: string;
  /** Every index whose name begins with one of them is in the snapshot. */
  indexPrefixes: readonly string[];
  /** What to correct when there is no such index. */
  setting: string;
};

/**
 * A snapshot that we take ourselves. It has the aliases of its indices and, as those of Operate, the global state with the templates.
 * Fails with `SnapshotFailed` when the repository is not registered.
 */
export function createSnapshotPart(
  { part, namePrefix, indexPrefixes, setting }: SnapshotOf,
  http: HttpClient,
  searchEngine: SearchEngineClient,
  readProgress: ReadProgress,
): PartClient {
  const patterns = indexPrefixes.map((prefix) => `${prefix}*`).join(',');
  const repositoryPath = `/_snapshot/${encodeURIComponent(searchEngine.repository)}`;

  return {
    async start(backupId, options) {
      const name = namePrefix + checkBackupId(backupId);
      // An empty index list would make a snapshot of all indices (camunda#26618).
      if ((await searchEngine.listIndices([...indexPrefixes], options)).length === 0) {
        throw new SafepointError(
          'PartRefused',
          `search engine: no index ${patterns} exists; correct ${setting}`,
        );
      }
      const { engine } = await searchEngine.readHealth(options);
      // OpenSearch does not know feature_states.
      const features = engine === 'elasticsearch' ? { feature_states: ['none'] } : {};
      const body = JSON.stringify({ indices: patterns, ...features });
      const path = `${repositoryPath}/${name}?wait_for_completion=false`;
      const answer = await http.ask({ method: 'PUT', path, body, timeoutMs: TRIGGER_TIMEOUT_MS, ...options });
      if (answer.status === 200 || answer.status === 202) {
        readJson(answer, SnapshotAccepted); // a proxy's page with 200 has started nothing
        return { kind: 'started' };
      }
      if (/snapshot with the same name|snapshot_name_already_in_use/.test(answer.text))
        return { kind: 'adopted' };
      throw failedStart(answer);
    },

    async get(backupId, options) {
      const name = namePrefix + checkBackupId(backupId);
      const answer = await http.ask({ method: 'GET', path: `${repositoryPath}/${name}`, ...options });
      if (isMissing(answer)) return absentPart(part, backupId);
      if (answer.status !== 200) throw failedRead(answer);
      const snapshot = readJson(answer, Snapshots).snapshots.find((candidate) => candidate.snapshot === name);
      if (snapshot === undefined) return absentPart(part, backupId);
      const { state, failures, reason } = snapshot;
      const complete = state.kind === 'complete';
      return toPartStatus({
        part,
        backupId,
        state,
        failureReason: reason ?? describeFailures(failures),
        pieces: [{ name, complete, foreignState: state.foreign, failure: describeFailures(failures) }],
        expectedPieces: 1,
        marks: state.kind === 'running' ? await readProgress(name, options) : [],
      });
    },

    async list(options) {
      const snapshots = await searchEngine.listSnapshots(`${namePrefix}*`, options);
      return snapshots.flatMap(({ name, state }) => {
        const backupId = name.slice(namePrefix.length);
        return /^\d+$/.test(backupId) ? [{ part, backupId, foreignState: state }] : [];
      });
    },

    async remove(backupId, options) {
      await searchEngine.removeSnapshot(namePrefix + checkBackupId(backupId), options);
    },
  };
}

function failedStart(answer: HttpAnswer): SafepointError {
  if (/concurrent_snapshot_execution/.test(errorText(answer))) return retryLater(answer);
  return answer.status === 400 || answer.status === 404 ? refused(answer) : unexpectedStatus(answer);
}

function failedRead(answer: HttpAnswer): SafepointError {
  return answer.status === 404 ? repositoryMissing(answer) : unexpectedStatus(answer);
}
