import { log } from '@temporalio/activity';
import { SafepointError } from '../contract/errors.ts';
import { setKey } from '../domain/setKeys.ts';
import { noStoreTookIt } from '../storage/noStoreTookIt.ts';
import type { ObjectStore } from '../storage/port.ts';
import { openFolder } from '../storage/setFolders.ts';
import { messageOf } from '../system/redact.ts';

export type TrialRecord = {
  cluster: string;
  backupId: string;
  /** Below the folder of the set. */
  name: string;
  record: unknown;
};

export type LeaveOptions = {
  signal?: AbortSignal;
  /** A store that takes longer has failed. Default 20 s: an attempt may have no more than 30 s, and no heartbeat. */
  limitMs?: number;
};

/**
 * Leaves what a restore or a drill did beside the set, in every store that has it. What was proven stays proven while a store
 * is down, so one that fails is passed over as long as another took the record; fails when all that might have the set failed.
 */
export async function leaveTrialRecord(
  stores: readonly ObjectStore[],
  trial: TrialRecord,
  { signal, limitMs = 20_000 }: LeaveOptions,
): Promise<void> {
  const limit = AbortSignal.timeout(limitMs);
  const signals = AbortSignal.any(signal === undefined ? [limit] : [signal, limit]);
  const answers = await Promise.allSettled(
    stores.map((store) => Promise.race([putBesideSet(store, trial, signals), failAt(limit, store, limitMs)])),
  );
  signal?.throwIfAborted();
  const failures = answers.flatMap((answer): unknown[] =>
    answer.status === 'rejected' ? [answer.reason] : [],
  );
  if (failures.length === 0) return;
  const taken = answers.some((answer) => answer.status === 'fulfilled' && answer.value);
  if (!taken) throw noStoreTookIt(trial.name, failures);
  for (const failure of failures)
    log.warn('a store did not take the record of a trial', { trial: trial.name, why: messageOf(failure) });
}

/** Whether the store has the set. */
async function putBesideSet(
  store: ObjectStore,
  { cluster, backupId, name, record }: TrialRecord,
  signal: AbortSignal,
): Promise<boolean> {
  if ((await openFolder(store, cluster, backupId)) === null) return false;
  await store.putObject(setKey(cluster, backupId, name), `${JSON.stringify(record, null, 2)}\n`, { signal });
  return true;
}

function failAt(limit: AbortSignal, { name }: ObjectStore, limitMs: number): Promise<never> {
  return new Promise((_, reject) => {
    limit.addEventListener('abort', () => {
      reject(new SafepointError('StoreFailed', `store ${name}: no answer in ${limitMs / 1000} s`));
    });
  });
}
