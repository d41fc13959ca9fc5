import type { Logger } from '@temporalio/common';
import type { ActivityDeps } from '../activities/deps.ts';
import { messageOf } from '../system/redact.ts';
import { countDamagedSets, readLastProofs, readLastSets, showLastSets } from './lastSets.ts';

/** A run that another worker has sealed shows here this late at most. */
const EVERY_MS = 5 * 60_000;
/** Past it the store counts as one that does not answer; the look itself goes on, and no second one begins beside it. */
const OVERDUE_MS = 60_000;

export interface CatalogWatch {
  /** Counts the set, and looks at its cluster. */
  setEnded: ActivityDeps['setEnded'];
  stop(): void;
}

/**
 * Keeps the metrics of the newest sets at what the stores say, so that they are right in a worker that has run nothing yet.
 * It looks at once, every five minutes, and when a set has ended here. Nothing waits for it and nothing of it throws: of
 * a store that does not answer `safepoint_catalog_readable` tells and a line of the log, and what was known stands.
 */
export function watchCatalog(
  { config, store, metrics }: Pick<ActivityDeps, 'config' | 'store' | 'metrics'>,
  logger: Logger,
): CatalogWatch {
  const busy = new Set<string>();
  const lookAgain = new Set<string>();
  let stopped = false;

  function lookAtAll(): void {
    for (const cluster of Object.keys(config.clusters)) void look(cluster);
  }

  async function look(cluster: string): Promise<void> {
    const settings = Object.hasOwn(config.clusters, cluster) ? config.clusters[cluster] : undefined;
    if (settings === undefined || stopped) return;
    if (busy.has(cluster)) {
      lookAgain.add(cluster); // what is being read may be from before the reason of this look
      return;
    }
    busy.add(cluster);
    const overdue = setTimeout(() => {
      notRead(cluster, `no answer within ${OVERDUE_MS / 1000} s`);
    }, OVERDUE_MS);
    try {
      const last = await readLastSets(store(settings.store), cluster);
      metrics.set(
        'safepoint_damaged_sets',
        { cluster },
        await countDamagedSets(store(settings.store), cluster),
      );
      for (const [level, atMs] of Object.entries(await readLastProofs(store(settings.store), cluster)))
        metrics.set('safepoint_last_proven_timestamp_seconds', { cluster, level }, atMs / 1000);
      showLastSets(metrics, last, { cluster, databases: Object.keys(settings.databases) });
      metrics.set('safepoint_catalog_readable', { cluster }, 1);
    } catch (error) {
      notRead(cluster, messageOf(error));
    } finally {
      clearTimeout(overdue);
      busy.delete(cluster);
      if (lookAgain.delete(cluster)) void look(cluster);
    }
  }

  function notRead(cluster: string, reason: string): void {
    if (stopped) return;
    metrics.set('safepoint_catalog_readable', { cluster }, 0);
    logger.warn('the newest sets of a cluster could not be read for the metrics', { cluster, reason });
  }

  lookAtAll();
  const timer = setInterval(lookAtAll, EVERY_MS);
  return {
    setEnded(cluster, verdict) {
      metrics.add('safepoint_sets_ended', { cluster, verdict }, 1);
      void look(cluster);
    },
    stop() {
      stopped = true;
      clearInterval(timer);
    },
  };
}
