import { cancellationSignal, log } from '@temporalio/activity';
import type { ClusterWatch } from '../contract/sentinel.ts';
import type { Metrics } from '../system/metrics.ts';
import { messageOf } from '../system/redact.ts';
import type { RunLookup } from '../system/runs.ts';
import { closeOldPauses, liftPause, lookAtPause, type PauseDeps } from './abandonedPause.ts';
import type { ActivityDeps } from './deps.ts';
import { withHeartbeats } from './heartbeats.ts';

export function createSentinelActivities({ config, camunda, store, metrics }: ActivityDeps, runs: RunLookup) {
  return {
    /**
     * Looks at the exporting of every cluster in the config, side by side. A pause that a dead set of ours left is lifted;
     * any other pause is only told of. Never fails: what is wrong with one cluster stands in its line.
     */
    async watchClusters(): Promise<ClusterWatch[]> {
      const looks = Object.entries(config.clusters).map(async ([cluster, settings]) => {
        const open = () => ({ camunda: camunda(cluster), store: store(settings.store), runs });
        const found = await watch(open, cluster);
        report(found);
        countStuck(metrics, found);
        return found;
      });
      return await withHeartbeats(() => Promise.all(looks));
    },
  };
}

/** A client or store that cannot even be made, for a secret that is missing, must not hide the other clusters. */
async function watch(open: () => PauseDeps, cluster: string): Promise<ClusterWatch> {
  try {
    return { cluster, ...(await lookAndLift(open(), cluster)) };
  } catch (error) {
    cancellationSignal().throwIfAborted();
    return { cluster, state: 'unreachable', seen: messageOf(error) };
  }
}

async function lookAndLift(deps: PauseDeps, cluster: string): Promise<Omit<ClusterWatch, 'cluster'>> {
  const look = await lookAtPause(deps, cluster, { signal: cancellationSignal() });
  switch (look.kind) {
    case 'exporting':
      await closeOldPauses(deps, cluster, 'sentinel');
      return { state: 'exporting', seen: 'exporting on every partition that answers' };
    case 'window':
      return {
        state: look.window.resumeProblem === null ? 'window' : 'resume-failing',
        seen: look.window.seen,
      };
    case 'in-flight':
      return { state: 'window', seen: `${look.seen}; the run of set ${look.pause.backupId} is at it` };
    case 'abandoned':
      if (!(await liftPause(deps, cluster)))
        return { state: 'window', seen: 'a window was opened meanwhile' };
      return {
        state: 'lifted',
        seen: `set ${look.pause.backupId} had left a pause, which was lifted: ${look.seen}`,
      };
    case 'unknown-run':
      return {
        state: 'foreign',
        seen: `${look.seen}; set ${look.pause.backupId} may have left it, but Temporal does not know its run ${look.pause.run.workflowId}`,
      };
    case 'unread':
      return { state: 'foreign', seen: `${look.seen}; by whom cannot be told: ${look.problem}` };
    case 'foreign':
      return { state: 'foreign', seen: `${look.seen}, and no set of Safepoint left that pause` };
  }
}

function report({ cluster, state, seen }: ClusterWatch): void {
  if (state === 'foreign')
    log.error('exporting stays paused, and no run of Safepoint answers for it', { cluster, seen });
  if (state === 'resume-failing') log.error('a window cannot resume exporting', { cluster, seen });
  if (state === 'lifted') log.warn('resumed exporting that a dead set had left paused', { cluster, seen });
  if (state === 'unreachable') log.warn('the sentinel could not look at a cluster', { cluster, seen });
}

function countStuck(metrics: Metrics, { cluster, state }: ClusterWatch): void {
  if (state === 'unreachable') return; // nothing is known, so what was known before stands
  const stuck = state === 'foreign' || state === 'resume-failing';
  metrics.set('safepoint_exporting_stuck', { cluster }, stuck ? 1 : 0);
}
