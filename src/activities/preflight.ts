import { activityInfo, cancellationSignal } from '@temporalio/activity';
import type { BackupPlan } from '../contract/backup.ts';
import { SafepointError } from '../contract/errors.ts';
import type { OpenedSet } from '../contract/preflight.ts';
import { planWaves } from '../domain/procedures.ts';
import type { ObjectStore } from '../storage/port.ts';
import type { ActivityDeps } from './deps.ts';
import { withHeartbeats } from './heartbeats.ts';
import { createInspector } from './preflight/inspect.ts';
import { openSet } from './preflight/openSet.ts';
import { requirePassed } from './preflight/refusal.ts';
import { collectSeenIds } from './preflight/seenIds.ts';
import { findOpenWindow } from './window.ts';

/** Who holds the window of a cluster, in one sentence; `null` when it is free. */
export type WindowLookup = { findOpenWindow(cluster: string): Promise<string | null> };

export function createPreflightActivities(deps: ActivityDeps, windows: WindowLookup = { findOpenWindow }) {
  const inspector = createInspector(deps);
  return {
    /**
     * Everything that a consistent backup needs, before anything is touched; then takes the backup id.
     * Fails with `ClusterBusy`, `PreflightFailed` (all findings at once) or `BackupIdRefused`.
     */
    async checkPreflight(plan: BackupPlan): Promise<OpenedSet> {
      return await withHeartbeats(() => checkAndOpen(plan));
    },
  };

  async function checkAndOpen(plan: BackupPlan): Promise<OpenedSet> {
    const call = { signal: cancellationSignal() };
    await refuseBusy(plan.cluster);
    const report = await inspector.inspectCluster(plan.cluster, call);
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
    const { workflowExecution } = activityInfo();
    const run = { workflowId: workflowExecution?.workflowId ?? '', runId: workflowExecution?.runId ?? '' };
    const backupId = await openSet({ plan, parts: waves.flat(), run, store, call }, seenIds);
    const warnings = report.findings.filter((finding) => !finding.ok && finding.severity === 'warning');
    return { backupId, waves, facts, warnings };
  }

  function otherStores(own: string): ObjectStore[] {
    return Object.keys(deps.config.stores)
      .filter((name) => name !== own)
      .map((name) => deps.store(name));
  }

  async function refuseBusy(cluster: string): Promise<void> {
    const holder = await windows.findOpenWindow(cluster);
    if (holder !== null) throw new SafepointError('ClusterBusy', holder);
  }
}
