import { SafepointError } from '../contract/errors.ts';
import type { PartStatus } from '../contract/parts.ts';
import { readJson, type HttpAnswer } from '../system/http/answer.ts';
import { errorText, refused, retryLater, unexpectedStatus } from './answers.ts';
import type { BackupEndpoint, Discovery, HistoryPart } from './discovery.ts';
import { toDetails, toHistoryStatus } from './historyStatus.ts';
import { deleteById, getById, postTrigger, requireId, type PartClient } from './partClient.ts';
import { absentPart } from './partStatus.ts';
import type { CallOptions, SearchEngineClient, TriggerAnswer } from './port.ts';
import { kindOfState } from './schema/foreignState.ts';
import { HistoryBackup, HistoryBackupAccepted, HistoryBackupList } from './schema/historyBackup.ts';
import type { ReadProgress } from './snapshotProgress.ts';

export type HistoryDeps = {
  discovery: Discovery;
  searchEngine: SearchEngineClient;
  readProgress: ReadProgress;
};

/** Operate and Tasklist: `webapps` as one part from 8.8, `operate` and `tasklist` each for itself before. */
export function createHistoryPart(part: HistoryPart, deps: HistoryDeps): PartClient {
  async function find(options?: CallOptions): Promise<BackupEndpoint> {
    const endpoint = (await deps.discovery.history(options)).get(part);
    if (endpoint !== undefined) return endpoint;
    throw new SafepointError(
      'InvalidConfig',
      `this cluster has no part ${part}; correct its endpoints in the config`,
    );
  }

  /**
   * Operate 8.6 on OpenSearch can't read its own backup for as long as a snapshot of it runs (the same 400 as with the
   * search engine down), which may take hours: then the search engine tells how far it is. Never complete from here.
   */
  async function readRunning(backupId: string, options?: CallOptions): Promise<PartStatus | null> {
    const snapshots = await deps.searchEngine.listSnapshots(`camunda_${part}_${backupId}_*`, options);
    const running = snapshots.find((snapshot) => kindOfState(snapshot.state) === 'running');
    if (running === undefined) return null;
    const state = { foreign: running.state, kind: 'running' } as const;
    const marks = await deps.readProgress(running.name, options);
    return toHistoryStatus(part, { backupId, state, details: toDetails(snapshots) }, { marks });
  }

  return {
    async start(backupId, options) {
      const answer = await postTrigger(await find(options), backupId, options);
      return readTrigger(answer, backupId);
    },

    async get(backupId, options) {
      const answer = await getById(await find(options), backupId, options);
      if (answer.status === 200)
        return toHistoryStatus(part, requireId(answer, readJson(answer, HistoryBackup), backupId));
      if (isNotFound(answer)) return absentPart(part, backupId);
      if (!/exception occurred when searching/i.test(errorText(answer))) throw failedCall(answer);
      const running = await readRunning(backupId, options);
      if (running === null) throw retryLater(answer);
      return running;
    },

    async list(options) {
      const { http, path, name } = await find(options);
      const query = name === 'backupHistory' ? '?verbose=true' : ''; // without it newer builds leave the state out
      const answer = await http.ask({ method: 'GET', path: path + query, ...options });
      if (answer.status !== 200) throw failedCall(answer);
      const backups = readJson(answer, HistoryBackupList);
      return backups.map(({ backupId, state }) => ({ part, backupId, foreignState: state.foreign }));
    },

    async remove(backupId, options) {
      await deleteById(await find(options), backupId, options);
    },
  };
}

function readTrigger(answer: HttpAnswer, backupId: string): TriggerAnswer {
  if (answer.status === 200 || answer.status === 202) {
    const names = readJson(answer, HistoryBackupAccepted).scheduledSnapshots ?? [];
    return { kind: 'started', ...(names.length === 0 ? {} : { scheduledSnapshots: names }) };
  }
  const existing = /backup with id \[?(\d+)\]? already exists/i.exec(errorText(answer))?.[1];
  if (existing === backupId) return { kind: 'adopted' };
  throw failedCall(answer);
}

/** 404 as documented; some patches say the same with 500 (Tasklist 8.6, 8.7: camunda#37591) or 400 (Operate 8.7: camunda#43570). */
function isNotFound(answer: HttpAnswer): boolean {
  if (/no backup with id/i.test(errorText(answer))) return true;
  return answer.status === 404 && answer.text.trim() === '';
}

/**
 * A 400 is not always about the request: with the search engine down, Operate answers "Exception occurred when ...", and
 * "Another backup is running" passes by itself.
 */
function failedCall(answer: HttpAnswer): SafepointError {
  const { status } = answer;
  const text = errorText(answer);
  if (/exception occurred (when|while)|another backup is running/i.test(text)) return retryLater(answer);
  if (status === 409) return retryLater(answer); // 8.10 REST: another backup is running
  if (status === 400 || (status === 404 && /repositor/i.test(text))) return refused(answer);
  return unexpectedStatus(answer);
}
