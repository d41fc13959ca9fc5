import type { BackupPlan } from '../contract/backup.ts';
import { SafepointError } from '../contract/errors.ts';
import { Intent } from '../contract/intent.ts';
import type { PauseRecord, ResumedBy, ResumeRecord } from '../contract/pauseRecord.ts';
import { compareIds } from '../domain/backupId.ts';
import { clusterPrefix, INTENT, PAUSE, RESUME, setKey } from '../domain/setKeys.ts';
import type { ObjectStore } from '../storage/port.ts';

/** Newest sets that are looked through; runs that lost the race for the window never paused and lie above one that did. */
const NEWEST_SETS = 50;
/** Exporting runs again by then, so a slow store must not hold up the end of the window. */
const RESUME_RECORD_TIMEOUT_MS = 3_000;

type Call = { signal?: AbortSignal };

/** A set that paused exporting, and of which nobody has proven that exporting runs again. */
export type OpenPause = { backupId: string; run: { workflowId: string; runId: string } };

/** Says before the pause that it will be ours. Fails with `StoreFailed`, and then nothing was paused. */
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
  await putOnce(store, setKey(plan.cluster, backupId, PAUSE), record, call);
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

/** Best effort, after exporting was proven to run: the sentinel writes it later where it is missing. */
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
 * The set whose pause may still stand: the newest one that paused, if it has no `resume.json`. Older ones do not count: a run
 * pauses only after it has seen every partition exporting.
 */
export async function findOpenPause(
  store: ObjectStore,
  cluster: string,
  call: Call,
): Promise<OpenPause | null> {
  const folders = await store.listFolders(clusterPrefix(cluster), call);
  const ids = folders.filter((name) => /^\d+$/.test(name)).sort((a, b) => compareIds(b, a));
  for (const backupId of ids.slice(0, NEWEST_SETS)) {
    const state = await readSetPause(store, { cluster, backupId }, call);
    if (state === 'resumed') return null;
    if (state === 'untouched') continue;
    const run = await readRun(store, setKey(cluster, backupId, INTENT), call);
    return { backupId, run };
  }
  return null;
}

async function readRun(store: ObjectStore, key: string, call: Call): Promise<OpenPause['run']> {
  const text = await store.getObject(key, call);
  const intent = text === null ? null : parseIntent(text);
  return { workflowId: intent?.workflowId ?? '', runId: intent?.runId ?? '' };
}

function parseIntent(text: string): Intent | null {
  try {
    return Intent.parse(JSON.parse(text));
  } catch {
    return null; // not written by a run like ours, so nobody knows its run
  }
}

async function putOnce(store: ObjectStore, key: string, record: object, call: Call): Promise<void> {
  try {
    await store.putObject(key, `${JSON.stringify(record, null, 2)}\n`, { createOnly: true, ...call });
  } catch (error) {
    if (!(error instanceof SafepointError && error.code === 'ObjectExists')) throw error; // an earlier attempt wrote it
  }
}
