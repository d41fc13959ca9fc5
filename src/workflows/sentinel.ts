import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { ClusterWatch } from '../contract/sentinel.ts';
import { sentinelOptions } from './activityOptions.ts';
import { closeOnError, fail } from './failures.ts';

const { watchClusters } = proxyActivities<Activities>(sentinelOptions);

/**
 * The second line behind `backup` and `backupWindow`, on a schedule of its own: exporting that is paused with no window open
 * is resumed where a set of ours left it so. A pause that is not ours, or a window that cannot resume, fails the run: red in
 * the list of runs, until somebody has looked.
 */
export function sentinel(): Promise<ClusterWatch[]> {
  return closeOnError(async () => {
    const found = await watchClusters.executeWithOptions(
      { ...sentinelOptions, summary: 'look at every cluster' },
      [],
    );
    const stuck = found.filter(({ state }) => state === 'resume-failing');
    if (stuck.length > 0) throw fail('ResumeFailed', describe(stuck));
    const foreign = found.filter(({ state }) => state === 'foreign');
    if (foreign.length > 0) throw fail('ForeignPause', describe(foreign));
    return found;
  });
}

function describe(found: readonly ClusterWatch[]): string {
  return found.map(({ cluster, seen }) => `${cluster}: ${seen}`).join('; ');
}
