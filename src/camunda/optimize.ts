import { SafepointError } from '../contract/errors.ts';
import type { PartStatus } from '../contract/parts.ts';
import { readJson } from '../system/http/answer.ts';
import { errorText, isUnknownPath, refused, unexpectedStatus } from './answers.ts';
import type { BackupEndpoint, Discovery } from './discovery.ts';
import { toDetails, toHistoryStatus } from './historyStatus.ts';
import { deleteById, getById, postTrigger, requireId, type PartClient } from './partClient.ts';
import { absentPart } from './partStatus.ts';
import type { CallOptions, SearchEngineClient } from './port.ts';
import { HistoryBackup, HistoryBackupList, OptimizeBackupAccepted } from './schema/historyBackup.ts';

/** Import indices, and the rest: two snapshots in every version. */
const SNAPSHOT_COUNT = 2;

export function createOptimizePart(discovery: Discovery, searchEngine: SearchEngineClient): PartClient {
  async function find(options?: CallOptions): Promise<BackupEndpoint> {
    const endpoint = await discovery.optimize(options);
    if (endpoint !== null) return endpoint;
    throw new SafepointError(
      'InvalidConfig',
      'this cluster has no part optimize; give its endpoint in the config',
    );
  }

  /** Answers up to 8.5 have no details: then the snapshots themselves are looked up. */
  async function toStatus(backup: HistoryBackup, options?: CallOptions): Promise<PartStatus> {
    if (backup.details !== undefined && backup.details !== null) {
      return toHistoryStatus('optimize', backup, { expectedPieces: SNAPSHOT_COUNT });
    }
    const snapshots = await searchEngine.listSnapshots(`camunda_optimize_${backup.backupId}_*`, options);
    const details = toDetails(snapshots);
    return toHistoryStatus('optimize', { ...backup, details }, { expectedPieces: SNAPSHOT_COUNT });
  }

  return {
    async start(backupId, options) {
      const answer = await postTrigger(await find(options), backupId, options);
      if (answer.status === 200 || answer.status === 202) {
        readJson(answer, OptimizeBackupAccepted); // a proxy's page with 200 has started nothing
        return { kind: 'started' };
      }
      if (answer.status === 409) return { kind: 'adopted' }; // duplicate id; it has no other conflict
      throw answer.status === 400 ? refused(answer) : unexpectedStatus(answer);
    },

    async get(backupId, options) {
      const answer = await getById(await find(options), backupId, options);
      if (answer.status === 200)
        return await toStatus(requireId(answer, readJson(answer, HistoryBackup), backupId), options);
      if (answer.status === 404 && !isUnknownPath(answer) && !/repositor/i.test(errorText(answer))) {
        return absentPart('optimize', backupId);
      }
      throw answer.status === 400 ? refused(answer) : unexpectedStatus(answer);
    },

    async list(options) {
      const { http, path } = await find(options);
      const answer = await http.ask({ method: 'GET', path, ...options });
      if (answer.status !== 200) throw answer.status === 400 ? refused(answer) : unexpectedStatus(answer);
      const backups = readJson(answer, HistoryBackupList);
      return backups.map(({ backupId, state }) => ({
        part: 'optimize',
        backupId,
        foreignState: state.foreign,
      }));
    },

    async remove(backupId, options) {
      await deleteById(await find(options), backupId, options);
    },
  };
}
