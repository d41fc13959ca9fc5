import { activityInfo, cancellationSignal } from '@temporalio/activity';
import type { BackupPlan } from '../contract/backup.ts';
import { SafepointError } from '../contract/errors.ts';
import type { Finding, OpenedSet, PreflightReport } from '../contract/preflight.ts';
import { COLD, planWaves } from '../domain/procedures.ts';
import type { ObjectStore } from '../storage/port.ts';
import type { RunLookup, RunRef } from '../system/runs.ts';
import { pause, stopwatch } from '../system/waiting.ts';
import type { ActivityDeps } from './deps.ts';
import { withHeartbeats } from './heartbeats.ts';
import { createInspector } from './preflight/inspect.ts';
import { openSet } from './preflight/openSet.ts';
import { hasErrors, requirePassed } from './preflight/refusal.ts';
import { collectSeenIds } from './preflight/seenIds.ts';
import { healLeftovers, needsHealing } from './preflight/heal.ts';
import { callOffWindow } from './window.ts';

/** What fails may pass: a process that starts, a connection that breaks. So many times it is looked at again. */
const LOOKS_AGAIN = 3;
const LOOK_AGAIN_MS = 2_000;

export function createPreflightActivities(
  deps: ActivityDeps,
  runs: RunLookup,
  { lookAgainMs } = { lookAgainMs: LOOK_AGAIN_MS },
) {
  const inspector = createInspector(deps);
  return {
    /**
     * Everything that a consistent backup needs, before anything is touched; then takes the backup id. What a dead set of
     * ours left (a pause, a part that still runs) is put right first, and what fails is looked at again for some seconds.
     * `givenUp`: earlier sets of this run, whose ids must not be taken for its own.
     * Fails with `ClusterBusy`, `PreflightFailed` (all findings at once) or `BackupIdRefused`.
     */
    async checkPreflight(plan: BackupPlan, givenUp: string[] = []): Promise<OpenedSet> {
      return await withHeartbeats(() => checkAndOpen(plan, givenUp));
    },
  };

  async function checkAndOpen(plan: BackupPlan, givenUp: string[]): Promise<OpenedSet> {
    const call = { signal: cancellationSignal() };
    const run = readOwnRun();
    await refuseBusy(plan.cluster, run, call.signal);
    const elapsedMs = stopwatch();
    let { report, healed } = await inspectAndHeal(plan, run, call);
    // Whatever cost the set before may still be coming back: then as much of the budget as telling what is wrong leaves.
    const startsOver = givenUp.length > 0;
    const enoughMs = plan.budgets.preflightMs * (startsOver ? 0.6 : 0.25);
    for (let looks = 0; hasErrors(report) && (startsOver || looks < LOOKS_AGAIN); looks += 1) {
      if (elapsedMs() > enoughMs) break;
      await pause(lookAgainMs, call.signal);
      const again = await inspectAndHeal(plan, run, call);
      report = again.report;
      healed = [...healed, ...again.healed];
    }
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

  async function inspectAndHeal(
    plan: BackupPlan,
    run: RunRef,
    call: { signal: AbortSignal },
  ): Promise<{ report: PreflightReport; healed: Finding[] }> {
    const { cluster } = plan;
    const cold = plan.procedure === COLD;
    let report = await inspector.inspectCluster(cluster, { ...call, cold });
    let healed: Finding[] = [];
    // Who has just stopped Camunda is told at once what must run; other runs wait for brokers that do not answer.
    const isDown = cold && report.facts === undefined;
    if (needsHealing(report) && !isDown) {
      const pauseDeps = { camunda: deps.camunda(cluster), store: deps.store(plan.store), runs };
      healed = await healLeftovers({ ...pauseDeps, cluster, cold, self: run, call });
      if (healed.length > 0) report = await inspector.inspectCluster(cluster, { ...call, cold });
    }
    // A run that started at the same time may have opened its window meanwhile: its pause must not be blamed on a stranger.
    await refuseBusy(cluster, run, call.signal);
    return { report, healed };
  }

  function otherStores(own: string): ObjectStore[] {
    return Object.keys(deps.config.stores)
      .filter((name) => name !== own)
      .map((name) => deps.store(name));
  }

  async function refuseBusy(cluster: string, run: RunRef, signal: AbortSignal): Promise<void> {
    let window = await runs.findOpenWindow(cluster);
    // The window of this run before it was reset: Temporal leaves it open, and nobody waits for it any more.
    if (window?.holder?.workflowId === run.workflowId && window.holder.runId !== run.runId)
      window = await callOffWindow(runs, cluster, signal);
    if (window !== null) throw new SafepointError('ClusterBusy', window.seen);
  }
}

function readOwnRun(): RunRef {
  const { workflowExecution } = activityInfo();
  return { workflowId: workflowExecution?.workflowId ?? '', runId: workflowExecution?.runId ?? '' };
}
