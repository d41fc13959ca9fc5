import type { SafepointError } from '../contract/errors.ts';
import type { PartPiece, PartStatus } from '../contract/parts.ts';
import { excerpt, isJson, parseJson, readJson, type HttpAnswer } from '../system/http/answer.ts';
import { errorText, isUnknownPath, refused, retryLater, unexpectedStatus } from './answers.ts';
import type { BackupEndpoint, Discovery } from './discovery.ts';
import { deleteById, getById, postTrigger, requireId, type PartClient } from './partClient.ts';
import { absentPart, toPartStatus } from './partStatus.ts';
import type { CallOptions, KnownBackup, TriggerAnswer } from './port.ts';
import {
  RuntimeBackup,
  RuntimeBackupAccepted,
  RuntimeBackupList,
  RuntimeCheckpoints,
} from './schema/runtimeBackup.ts';

/** `null`: unknown; then the component's own word counts. */
type CountPartitions = (options?: CallOptions) => Promise<number | null>;

/** Zeebe's own backup, one piece a partition. */
export function createZeebePart(discovery: Discovery, countPartitions: CountPartitions): PartClient {
  return {
    async start(backupId, options) {
      const answer = await postTrigger(await discovery.zeebe(options), backupId, options);
      return readTrigger(answer, backupId);
    },

    async get(backupId, options) {
      const endpoint = await discovery.zeebe(options);
      const answer = await getById(endpoint, backupId, options);
      const backup = isUnknownPath(answer)
        ? await findInList(endpoint, backupId, options) // early brokers have no path for one id (camunda#24850)
        : readBackup(answer, backupId);
      if (backup === null || backup.state.kind === 'absent') return absentPart('zeebe', backupId);
      return toZeebeStatus(backup, backupId, await countPartitions(options));
    },

    async list(options) {
      const endpoint = await discovery.zeebe(options);
      const backups = await readList(endpoint, options);
      const known = backups.map(({ backupId, state }) => toKnown(backupId, state.foreign));
      return [
        ...known,
        ...(await listForgotten(endpoint, new Set(known.map((backup) => backup.backupId)), options)),
      ];
    },

    async remove(backupId, options) {
      await deleteById(await discovery.zeebe(options), backupId, options);
    },
  };
}

function readTrigger(answer: HttpAnswer, backupId: string): TriggerAnswer {
  const { status } = answer;
  if (status === 200 || status === 202) {
    const taken = readJson(answer, RuntimeBackupAccepted).backupId ?? backupId;
    if (taken === backupId) return { kind: 'started' };
    throw refused(
      answer,
      `it was taken under id ${taken}; switch off generated ids (continuous or scheduled backups)`,
    );
  }
  if (status === 409) return readConflict(answer, backupId);
  if (status === 400) throw refused(answer);
  throw unexpectedStatus(answer);
}

/** Three texts by version: "Requested backup has id 5. The latest backup has id 7", with "id" or "ID" (the tail differs). */
function readConflict(answer: HttpAnswer, backupId: string): TriggerAnswer {
  const latest = /latest backup has id (\d+)/i.exec(errorText(answer))?.[1];
  if (latest === undefined) throw retryLater(answer); // scaling; 8.8 and 8.9 say that for every rejection of the broker
  if (latest === backupId) return { kind: 'adopted' };
  throw refused(answer, `a new run takes an id above ${latest}`);
}

function readBackup(answer: HttpAnswer, backupId: string): RuntimeBackup | null {
  if (answer.status === 200) return requireId(answer, readJson(answer, RuntimeBackup), backupId);
  if (answer.status === 404) return null;
  if (/does not exist/i.test(errorText(answer))) return null;
  throw failedRead(answer);
}

async function readList({ http, path }: BackupEndpoint, options?: CallOptions): Promise<RuntimeBackup[]> {
  const answer = await http.ask({ method: 'GET', path, ...options });
  if (answer.status !== 200) throw failedRead(answer);
  return readJson(answer, RuntimeBackupList);
}

/** 400 on a read means that no backup store is configured, and stays so. */
function failedRead(answer: HttpAnswer): SafepointError {
  return answer.status === 400
    ? refused(answer, 'configure a backup store in Zeebe')
    : unexpectedStatus(answer);
}

async function findInList(
  endpoint: BackupEndpoint,
  backupId: string,
  options?: CallOptions,
): Promise<RuntimeBackup | null> {
  return (await readList(endpoint, options)).find((backup) => backup.backupId === backupId) ?? null;
}

/** Ids that were deleted still count against new ones; from 8.9 the checkpoints name them. */
async function listForgotten(
  { http, path, name }: BackupEndpoint,
  listed: Set<string>,
  options?: CallOptions,
): Promise<KnownBackup[]> {
  if (name !== 'backupRuntime') return [];
  const answer = await http.ask({ method: 'GET', path: `${path}/state`, ...options });
  if (answer.status !== 200 || !isJson(answer)) return [];
  const parsed = RuntimeCheckpoints.safeParse(parseJson(answer));
  const ids = new Set(parsed.data?.checkpointStates.map((state) => state.checkpointId));
  return [...ids].filter((id) => id !== '0' && !listed.has(id)).map((id) => toKnown(id, 'CHECKPOINT'));
}

function toKnown(backupId: string, foreignState: string): KnownBackup {
  return { part: 'zeebe', backupId, foreignState };
}

function toZeebeStatus(backup: RuntimeBackup, backupId: string, partitionCount: number | null): PartStatus {
  const details = [...(backup.details ?? [])].sort((a, b) => a.partitionId - b.partitionId);
  return toPartStatus({
    part: 'zeebe',
    backupId,
    state: backup.state,
    failureReason: backup.failureReason,
    pieces: details.map(toPiece),
    expectedPieces: partitionCount ?? undefined,
    marks: details.map((detail) => detail.lastUpdatedAt),
  });
}

function toPiece(detail: NonNullable<RuntimeBackup['details']>[number]): PartPiece {
  return {
    name: `partition ${detail.partitionId}`,
    complete: detail.state.kind === 'complete',
    foreignState: detail.state.foreign,
    partitionId: detail.partitionId,
    checkpointPosition: detail.checkpointPosition ?? undefined,
    snapshotId: detail.snapshotId ?? undefined,
    brokerVersion: detail.brokerVersion ?? undefined,
    failure: detail.failureReason ? excerpt(detail.failureReason) : undefined,
  };
}
