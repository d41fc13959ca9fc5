import { activityInfo, cancellationSignal } from '@temporalio/activity';
import type { BackupPlan } from '../contract/backup.ts';
import { SafepointError } from '../contract/errors.ts';
import type { Finding, OpenedSet } from '../contract/preflight.ts';
import { planWaves } from '../domain/procedures.ts';
import type { ObjectStore } from '../storage/port.ts';
import type { RunLookup, RunRef } from '../system/runs.ts';
import type { ActivityDeps } from './deps.ts';
import { withHeartbeats } from './heartbeats.ts';
import { createInspector } from './preflight/inspect.ts';
import { openSet } from './preflight/openSet.ts';
import { requirePassed } from './preflight/refusal.ts';
import { collectSeenIds } from './preflight/seenIds.ts';
import { healLeftovers, needsHealing } from './preflight/heal.ts';

export function createPreflightActivities(deps: ActivityDeps, runs: RunLookup) {
  const inspector = createInspector(deps);
  return {
    /**
     * Everything that a consistent backup needs, before anything is touched; then takes the backup id. What a dead set of
     * ours left (a pause, a part that still runs) is put right first.
     * `givenUp`: earlier sets of this run, whose ids must not be taken for its own.
     * Fails with `ClusterBusy`, `PreflightFailed` (all findings at once) or `BackupIdRefused`.
     */
    async checkPreflight(plan: BackupPlan, givenUp: string[] = []): Promise<OpenedSet> {
      return await withHeartbeats(() => checkAndOpen(plan, givenUp));
    },
  };

  async function checkAndOpen(plan: BackupPlan, givenUp: string[]): Promise<OpenedSet> {
    const call = { signal: cancellationSignal() };
    await refuseBusy(plan.cluster);
    const run = readOwnRun();
    let report = await inspector.inspectCluster(plan.cluster, call);
    let healed: Finding[] = [];
    if (needsHealing(report)) {
      healed = await healLeftovers({ deps, runs, cluster: plan.cluster, self: run.runId, call });
      if (healed.length > 0) report = await inspector.inspectCluster(plan.cluster, call);
    }
    // A run that started at the same time may have opened its window meanwhile: its pause must not be blamed on a stranger.
    await refuseBusy(plan.cluster);
    const facts = requirePassed(report);
    const waves = planWaves(plan.procedure, facts.parts);
    const store = deps.store(plan.store);
    const camunda = deps.camunda(plan.cluster);
    const seenIds = await collectSeenIds({
      cluster: plan.cluster,
      camunda,
      store,
      otherStores: otherStores(plan.store),
      parts: facts.parts,
      call,
    });
    const backupId = await openSet({ plan, parts: waves.flat(), run, givenUp, store, call }, seenIds);
    const warnings = report.findings.filter((finding) => !finding.ok && finding.severity === 'warning');
    return { backupId, waves, facts, warnings: [...healed, ...warnings] };
  }

  function otherStores(own: string): ObjectStore[] {
    return Object.keys(deps.config.stores)
      .filter((name) => name !== own)
      .map((name) => deps.store(name));
  }

  async function refuseBusy(cluster: string): Promise<void> {
    const holder = await runs.findOpenWindow(cluster);
    if (holder !== null) throw new SafepointError('ClusterBusy', holder.seen);
  }
}

function readOwnRun(): RunRef {
  const { workflowExecution } = activityInfo();
  return { workflowId: workflowExecution?.workflowId ?? '', runId: workflowExecution?.runId ?? '' };
}
