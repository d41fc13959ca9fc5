import type { PartStatus } from '../contract/parts.ts';
import { SafepointError } from '../contract/errors.ts';
import { unexpectedAnswer, type HttpAnswer } from '../system/http/answer.ts';
import type { HttpClient } from '../system/http.ts';
import { unexpectedStatus } from './answers.ts';
import type { CallOptions, KnownBackup, TriggerAnswer } from './port.ts';

/** One part of the cut: the same three questions, whatever component answers. */
export interface PartClient {
  start(backupId: string, options?: CallOptions): Promise<TriggerAnswer>;
  get(backupId: string, options?: CallOptions): Promise<PartStatus>;
  list(options?: CallOptions): Promise<KnownBackup[]>;
  remove(backupId: string, options?: CallOptions): Promise<void>;
}

/** A trigger may hold its answer back until the component has looked into its store. */
export const TRIGGER_TIMEOUT_MS = 30_000;

type Collection = { http: HttpClient; path: string };

/** Asks for a backup under the id; what the answer means differs from component to component. */
export function postTrigger(
  { http, path }: Collection,
  backupId: string,
  options?: CallOptions,
): Promise<HttpAnswer> {
  const body = `{"backupId":${checkBackupId(backupId)}}`; // a JSON number of any length: ids may pass 2^53
  return http.ask({ method: 'POST', path, body, timeoutMs: TRIGGER_TIMEOUT_MS, ...options });
}

export function getById(
  { http, path }: Collection,
  backupId: string,
  options?: CallOptions,
): Promise<HttpAnswer> {
  return http.ask({ method: 'GET', path: `${path}/${checkBackupId(backupId)}`, ...options });
}

/** 204 says that the deletion was submitted, 404 that there is nothing to delete; both are what was wanted. */
export async function deleteById(
  { http, path }: Collection,
  backupId: string,
  options?: CallOptions,
): Promise<void> {
  const answer = await http.ask({
    method: 'DELETE',
    path: `${path}/${checkBackupId(backupId)}`,
    timeoutMs: TRIGGER_TIMEOUT_MS,
    ...options,
  });
  if (answer.status !== 204 && answer.status !== 200 && answer.status !== 404) throw unexpectedStatus(answer);
}

/** An answer about another backup, from a cache for instance, never counts for this one. */
export function requireId<T extends { backupId: string }>(
  answer: HttpAnswer,
  backup: T,
  backupId: string,
): T {
  if (backup.backupId === backupId) return backup;
  throw unexpectedAnswer(answer, `about backup ${backup.backupId}`);
}

export function checkBackupId(backupId: string): string {
  if (/^[1-9]\d*$/.test(backupId)) return backupId;
  throw new SafepointError(
    'InvalidInput',
    `backup id "${backupId}" is no positive integer; give decimal digits`,
  );
}
