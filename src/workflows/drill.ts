import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  executeChild,
  proxyActivities,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { DrilledDatabase } from '../contract/databaseRestore.ts';
import type { DrillInput, DrillPlan, DrillResult } from '../contract/drill.ts';
import { DRILL_WINDOW_WORKFLOW, drillWindowId, RESTORE_WORKFLOW } from '../contract/names.ts';
import type { RestoredIndex, RestoreProof } from '../contract/restore.ts';
import { renderDrill } from '../domain/restoreText.ts';
import { reaches } from '../domain/setTrial.ts';
import { formatSeconds } from '../domain/statusTable.ts';
import { afterFailureOptions, planRestoreOptions, verifyOptions } from './activityOptions.ts';
import type { Drilled, drillWindow } from './drillWindow.ts';
import { closeOnError, describeEnd, fail } from './failures.ts';
import { checkDrillShape } from './inputShape.ts';
import type { restore } from './restore.ts';

const { planDrill } = proxyActivities<Activities>(planRestoreOptions);
const { verifyStoredSet } = proxyActivities<Activities>(verifyOptions);
const { recordDrill } = proxyActivities<Activities>(afterFailureOptions);

/** What the levels leave for the record. */
type Done = { indices: RestoredIndex[]; proof: RestoreProof };

/**
 * Proves a set restorable without touching its cluster; `{"cluster":"prod"}`. Each level includes those before it:
 *
 *   stored (manifest, digests, parts, snapshots) -> databases (into a server for drills, with queries)
 *     -> indices (under another name, counted, removed again) -> whole (into another cluster, by its hooks)
 */
export function drill(input: DrillInput): Promise<DrillResult> {
  return closeOnError(async () => {
    checkDrillShape(input);
    const startedMs = Date.now();
    const plan = await planDrill(input);
    const done: Done = { indices: [], proof: { proven: [], notProven: [] } };
    const show = (state: string) => {
      setCurrentDetails(renderDrill(plan, state, done.proof));
    };
    try {
      show('looks at what is stored');
      await tryStored(plan, done);
      if (reaches(plan.level, 'databases')) {
        show(`at work, see workflow \`${drillWindowId(plan.target)}\``);
        await tryParts(plan, done);
      }
      if (reaches(plan.level, 'whole')) {
        show(`restores all of it into ${plan.target}`);
        await tryWhole(plan, done);
      }
    } catch (error) {
      const failure = describeEnd(error, 'DrillCancelled');
      show(`${failure.code}: ${failure.message}`);
      await CancellationScope.nonCancellable(() => recordDrill({ plan, ...done, failure })).catch(
        () => undefined,
      );
      throw error;
    }
    await recordDrill({ plan, ...done });
    const { cluster, backupId, level } = plan;
    const tookMs = Date.now() - startedMs;
    show(`passed in ${formatSeconds(tookMs)}`);
    return { cluster, backupId, level, tookMs, ...done.proof };
  }, 'DrillCancelled');
}

async function tryStored({ cluster, backupId }: DrillPlan, { proof }: Done): Promise<void> {
  const options = { ...verifyOptions, summary: `verify set ${backupId}` };
  const { problems } = await verifyStoredSet.executeWithOptions(options, [{ cluster, backupId }]);
  if (problems.length > 0) throw fail('DrillFailed', `set ${backupId} is not whole: ${problems.join('; ')}`);
  proof.proven.push('manifest, dumps, parts and snapshots are as they were sealed');
}

async function tryParts(plan: DrillPlan, done: Done): Promise<void> {
  const { databases, indices } = await runDrillWindow(plan);
  for (const drilled of databases) done.proof.proven.push(judgeDatabase(drilled));
  for (const database of plan.untried)
    done.proof.notProven.push(
      `that the dump of ${database} can be restored: the config has no drill server for it`,
    );
  if (!reaches(plan.level, 'indices')) return;
  done.indices.push(...indices);
  const documents = indices.reduce((sum, index) => sum + index.documents, 0);
  done.proof.proven.push(
    `${plan.snapshots.length} snapshots restored beside the live indices of ${plan.target} and removed: ${indices.length} indices, ${documents} documents`,
  );
}

async function runDrillWindow(plan: DrillPlan): Promise<Drilled> {
  try {
    return await executeChild<typeof drillWindow>(DRILL_WINDOW_WORKFLOW, {
      workflowId: drillWindowId(plan.target),
      args: [plan],
      parentClosePolicy: 'REQUEST_CANCEL',
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      staticSummary: `databases and indices of ${plan.cluster} #${plan.backupId}, for a drill`,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    throw fail('ClusterBusy', `another drill is at work in ${plan.target}: ${drillWindowId(plan.target)}`);
  }
}

/** One sentence; fails when a query answers something else than the config expects. */
function judgeDatabase({ database, server, queries, databases }: DrilledDatabase): string {
  const wrong = queries.filter(({ ok }) => !ok);
  if (wrong.length > 0) {
    const answers = wrong.map(({ sql, expect, seen }) => `"${sql}" answers ${seen} instead of ${expect}`);
    throw fail('DrillFailed', `database ${database} was restored, but ${answers.join('; ')}`);
  }
  const names = databases.map(({ name, tables }) => `${name} (${tables} tables)`).join(', ');
  return `dump of ${database} restored on ${server} and removed: ${names}; ${queries.length} queries answer as expected`;
}

async function tryWhole({ cluster, backupId, target }: DrillPlan, { proof }: Done): Promise<void> {
  const restored = await executeChild<typeof restore>(RESTORE_WORKFLOW, {
    workflowId: `${workflowInfo().workflowId}/restore`,
    args: [{ cluster, backupId, into: target, force: true, unattended: true }],
    parentClosePolicy: 'REQUEST_CANCEL',
    cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    staticSummary: `restore of ${cluster} #${backupId} into ${target}, for a drill`,
  });
  proof.proven.push(...restored.proven.map((fact) => `${target}: ${fact}`));
  proof.notProven.push(...restored.notProven.map((fact) => `${target}: ${fact}`));
}
