import type { Manifest } from '../contract/manifest.ts';
import { CUT_PARTS } from '../contract/parts.ts';
import { lastCheckName, parseCheckName } from '../domain/setCheck.ts';
import { listTrials, TRIAL_LEVELS, type TrialLevel } from '../domain/setTrial.ts';
import { readNewestSets } from '../storage/catalog.ts';
import type { ObjectStore } from '../storage/port.ts';
import { findFolders } from '../storage/setFolders.ts';
import type { Metrics } from '../system/metrics.ts';

/** Sets that failed one after the other leave an alarm long before this many; the store is not read to its end for them. */
const MOST_SETS = 50;

export type LastSets = {
  /** Of the newest complete set; `null` when there is none among the newest. */
  complete: Manifest | null;
  /** Whether the newest set that has ended is no backup. */
  lastFailed: boolean;
};

/** What the store says of the newest sets of the cluster. Fails as the store does. */
export async function readLastSets(store: ObjectStore, cluster: string): Promise<LastSets> {
  let lastFailed: boolean | undefined;
  let seen = 0;
  for await (const { entry, manifest } of readNewestSets(store, cluster)) {
    if (entry.state !== 'unfinished') lastFailed ??= entry.state === 'failed' || entry.state === 'unreadable';
    if (entry.state === 'complete' && manifest !== undefined)
      return { complete: manifest, lastFailed: lastFailed ?? false };
    seen += 1;
    if (seen === MOST_SETS) break;
  }
  return { complete: null, lastFailed: lastFailed ?? false };
}

/** Sets whose last check found them damaged, as the names of their objects tell it; none is opened. */
export async function countDamagedSets(store: ObjectStore, cluster: string): Promise<number> {
  const { folders } = await findFolders(store, { cluster });
  const checks = folders.map(({ objects }) => parseCheckName(lastCheckName([...objects.keys()]) ?? ''));
  return checks.filter((check) => check?.ok === false).length;
}

/** When the last good restore or drill of each level ended, in unix milliseconds; 0: never. A deeper one counts for all before it. */
export async function readLastProofs(
  store: ObjectStore,
  cluster: string,
): Promise<Record<TrialLevel, number>> {
  const last: Record<TrialLevel, number> = { stored: 0, databases: 0, indices: 0, whole: 0 };
  const { folders } = await findFolders(store, { cluster });
  for (const { level, at, ok } of folders.flatMap(({ objects }) => listTrials([...objects.keys()]))) {
    if (!ok) continue;
    for (const each of TRIAL_LEVELS.slice(0, TRIAL_LEVELS.indexOf(level) + 1))
      last[each] = Math.max(last[each], Date.parse(at));
  }
  return last;
}

/** `databases`: names of the config; a manifest may hold any words, and each would be a series for ever. */
export function showLastSets(
  metrics: Metrics,
  { complete, lastFailed }: LastSets,
  { cluster, databases }: { cluster: string; databases: readonly string[] },
): void {
  metrics.set('safepoint_last_set_failed', { cluster }, lastFailed ? 1 : 0);
  if (complete === null) {
    metrics.set('safepoint_last_complete_timestamp_seconds', { cluster }, 0);
    return;
  }
  const { startedAt, completedAt, window, parts, artifacts } = complete;
  const [startedMs, completedMs] = [Date.parse(startedAt), Date.parse(completedAt)];
  metrics.set('safepoint_last_complete_timestamp_seconds', { cluster }, completedMs / 1000);
  metrics.set('safepoint_last_backup_duration_seconds', { cluster }, (completedMs - startedMs) / 1000);
  metrics.set('safepoint_last_window_seconds', { cluster }, window.tookMs / 1000);
  const cutParts: readonly string[] = CUT_PARTS;
  for (const { part, tookMs } of parts.filter(({ part: name }) => cutParts.includes(name)))
    metrics.set('safepoint_last_part_duration_seconds', { cluster, part }, tookMs / 1000);
  for (const { database: part, tookMs, sizeBytes } of artifacts) {
    if (!databases.includes(part)) continue;
    metrics.set('safepoint_last_part_duration_seconds', { cluster, part }, tookMs / 1000);
    metrics.set('safepoint_last_part_size_bytes', { cluster, part }, sizeBytes);
  }
}
