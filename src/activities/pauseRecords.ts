import type { BackupPlan } from '../contract/backup.ts';
import { SafepointError } from '../contract/errors.ts';
import { PauseRecord, type ResumedBy, type ResumeRecord } from '../contract/pauseRecord.ts';
import { compareIds } from '../domain/backupId.ts';
import { clusterPrefix, PAUSE, RESUME, setKey } from '../domain/setKeys.ts';
import type { ObjectStore } from '../storage/port.ts';
import { readIntent } from './readIntent.ts';

/** Sets that are looked through, from the newest on; older ones were closed long ago. */
const NEWEST_SETS = 20;
/** Exporting runs again by then, so a slow store must not hold up the end of the window. */
const RESUME_RECORD_TIMEOUT_MS = 3_000;

type Call = { signal?: AbortSignal };

/** A set that may have paused exporting, and of which nobody has written down that no pause of it can stand any more. */
export type OpenPause = {
  backupId: string;
  run: { workflowId: string; runId: string };
  claimedAt: string | null; // ISO, when it wrote that it would pause
};

/**
 * Says before the pause that it will be ours, and sees that it stands: without it nobody would know whose pause it is. Fails
 * with `StoreFailed`, and then nothing was paused.
 */
export async function recordPause(
  store: ObjectStore,
  plan: BackupPlan,
  backupId: string,
  call: Call,
): Promise<void> {
  const record: PauseRecord = {
    schema: 'safepoint/pause/v1',
    cluster: plan.cluster,
    backupId,
    pause: plan.pause,
    at: new Date().toISOString(),
  };
  const key = setKey(plan.cluster, backupId, PAUSE);
  await putOnce(store, key, record, call);
  if ((await store.head(key, call)) !== null) return;
  throw new SafepointError('StoreFailed', `${store.locate(key)} was written, but the store does not have it`);
}

/** What this set has done to exporting so far. */
export async function readSetPause(
  store: ObjectStore,
  { cluster, backupId }: { cluster: string; backupId: string },
  call: Call,
): Promise<'untouched' | 'paused' | 'resumed'> {
  const has = async (object: string) => (await store.head(setKey(cluster, backupId, object), call)) !== null;
  if (await has(RESUME)) return 'resumed';
  return (await has(PAUSE)) ? 'paused' : 'untouched';
}

/**
 * Says that no pause of this set can stand or land any more: from then on a pause is somebody else's. Best effort; the
 * sentinel writes it later where it is missing.
 */
export async function recordResume(
  store: ObjectStore,
  set: { cluster: string; backupId: string },
  by: ResumedBy,
): Promise<void> {
  const record: ResumeRecord = {
    schema: 'safepoint/resume/v1',
    ...set,
    by,
    at: new Date().toISOString(),
  };
  const signal = AbortSignal.timeout(RESUME_RECORD_TIMEOUT_MS);
  await putOnce(store, setKey(set.cluster, set.backupId, RESUME), record, { signal }).catch(() => undefined);
}

/**
 * The sets whose pause may still stand, newest first. Not only the newest one that paused: a run that lost its window to
 * another one may have left a pause before that.
 */
export async function findOpenPauses(store: ObjectStore, cluster: string, call: Call): Promise<OpenPause[]> {
  const folders = await store.listFolders(clusterPrefix(cluster), call);
  const ids = folders.filter((name) => /^\d+$/.test(name)).sort((a, b) => compareIds(b, a));
  const states = await Promise.all(
    ids.slice(0, NEWEST_SETS).map(async (backupId) => ({
      backupId,
      state: await readSetPause(store, { cluster, backupId }, call),
    })),
  );
  const open = states.filter(({ state }) => state === 'paused');
  return await Promise.all(
    open.map(async ({ backupId }) => ({
      backupId,
      run: await readIntentRun(store, { cluster, backupId }, call),
      claimedAt: await readClaim(store, setKey(cluster, backupId, PAUSE), call),
    })),
  );
}

/** The run of a set as its intent names it; empty where that cannot be read, which is nobody's run. */
export async function readIntentRun(
  store: ObjectStore,
  { cluster, backupId }: { cluster: string; backupId: string },
  call: Call,
): Promise<OpenPause['run']> {
  const intent = await readIntent(store, { cluster, backupId }, call);
  return { workflowId: intent?.workflowId ?? '', runId: intent?.runId ?? '' };
}

async function readClaim(store: ObjectStore, key: string, call: Call): Promise<string | null> {
  try {
    return PauseRecord.parse(JSON.parse((await store.getObject(key, call)) ?? '')).at;
  } catch (error) {
    if (error instanceof SafepointError) throw error;
    return null; // not written by a run like ours
  }
}

async function putOnce(store: ObjectStore, key: string, record: object, call: Call): Promise<void> {
  try {
    await store.putObject(key, `${JSON.stringify(record, null, 2)}\n`, { createOnly: true, ...call });
  } catch (error) {
    if (!(error instanceof SafepointError && error.code === 'ObjectExists')) throw error; // an earlier attempt wrote it
  }
}
