import {
  type ActivityOptions,
  CancellationScope,
  defineQuery,
  proxyActivities,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { GET_STATUS_QUERY } from '../contract/names.ts';
import type { CheckedDatabase } from '../contract/databaseRestore.ts';
import type { HookName, HookResult } from '../contract/hooks.ts';
import type {
  RestoredIndex,
  RestorePlan,
  RestoreProof,
  RestoreRef,
  RestoreResult,
  RestoreStep,
  RestoreWindowInput,
  RestoreWindowStatus,
} from '../contract/restore.ts';
import { snapshotLabel } from '../domain/snapshotLabel.ts';
import { renderDetails } from '../domain/statusTable.ts';
import {
  afterFailureOptions,
  provingOptions,
  restoreStepOptions,
  runHookOptions,
  stoppedOptions,
} from './activityOptions.ts';
import { closeOnError, describeEnd } from './failures.ts';
import { checkRestoreWindowShape } from './inputShape.ts';
import { createLines, type Lines } from './lines.ts';

export const getRestoreWindowStatus = defineQuery<RestoreWindowStatus>(GET_STATUS_QUERY);

const {
  enterRestoreStep,
  checkTargetDatabase,
  readSurroundings,
  deletePlannedIndices,
  restoreSnapshot,
  restoreDatabase,
} = proxyActivities<Activities>(restoreStepOptions);
const { runHook } = proxyActivities<Activities>(runHookOptions);
const { proveStopped } = proxyActivities<Activities>(stoppedOptions);
const { proveRestored } = proxyActivities<Activities>(provingOptions);
const { recordRestore } = proxyActivities<Activities>(afterFailureOptions);

/** What the steps leave for the record. */
type Done = { step: RestoreStep; hooks: HookResult[]; indices: RestoredIndex[]; proof: RestoreProof };

/**
 * The steps of a restore, under the fixed id of the target cluster, which is its lock:
 *
 *   dumps -> stop -> delete indices -> restore indices -> zeebe -> databases -> start -> prove
 *
 * Dumps are read back before anything is touched, and nothing is deleted before every process is proven to be stopped. Each
 * step may be done twice, so a restore that failed is simply started again; until the proof a marker in the store says where it
 * stands.
 */
export function restoreWindow(input: RestoreWindowInput): Promise<RestoreResult> {
  return closeOnError(async () => {
    checkRestoreWindowShape(input);
    const { plan } = input;
    const startedMs = Date.now();
    const lines = createLines(lineNames(plan));
    setHandler(
      getRestoreWindowStatus,
      () => ({ target: plan.target, backupId: plan.backupId, lines: lines.all() }),
      { description: 'Every step of the restore, with times and what is wrong' },
    );
    lines.onChange(() => {
      setCurrentDetails(renderDetails(`restore of #${plan.backupId} into ${plan.target}`, lines.all()));
    });
    const done: Done = { step: 'dumps', hooks: [], indices: [], proof: { proven: [], notProven: [] } };
    const record = (options: ActivityOptions, failure?: { code: string; message: string }) =>
      recordRestore.executeWithOptions({ ...options, summary: 'record' }, [
        {
          plan,
          startedAt: new Date(startedMs).toISOString(),
          steps: lines.all(),
          ...done,
          ...(failure !== undefined && { failure: { step: done.step, ...failure } }),
        },
      ]);
    try {
      await runSteps(plan, lines, done);
    } catch (error) {
      const end = describeEnd(error, 'RestoreCancelled');
      await CancellationScope.nonCancellable(() => record(afterFailureOptions, end)).catch(() => undefined);
      throw error;
    }
    await CancellationScope.nonCancellable(() => record(restoreStepOptions));
    const { cluster, target, backupId } = plan;
    const documents = done.indices.reduce((sum, index) => sum + index.documents, 0);
    return { cluster, target, backupId, tookMs: Date.now() - startedMs, documents, ...done.proof };
  }, 'RestoreCancelled');
}

async function runSteps(plan: RestorePlan, lines: Lines, done: Done): Promise<void> {
  const { cluster, target, backupId, manifest, restoreId } = plan;
  const ref: RestoreRef = { cluster, target, backupId, manifest, restoreId };
  const enter = async (step: RestoreStep) => {
    done.step = step;
    await enterRestoreStep.executeWithOptions({ ...restoreStepOptions, summary: step }, [{ ref, step }]);
  };
  const hook = async (name: HookName) => {
    const options = { ...runHookOptions, summary: `hook ${name}` };
    const run = { cluster: target, hook: name, backupId, setCluster: cluster };
    done.hooks.push(await lines.follow(name, () => runHook.executeWithOptions(options, [run])));
  };

  await enter('dumps');
  const checked = new Map<string, CheckedDatabase>();
  for (const { database, source } of plan.databases) {
    const options = { ...restoreStepOptions, summary: `read the dump of ${database}` };
    const input = { cluster: target, source, restoreId };
    checked.set(
      database,
      await lines.follow(`dump of ${database}`, () =>
        checkTargetDatabase.executeWithOptions(options, [input]),
      ),
    );
  }
  const before = await readSurroundings(ref);

  await enter('stop');
  await hook('stop');
  await lines.follow('stopped', () => proveStopped(ref));

  await enter('delete indices');
  await lines.follow('delete indices', () => deletePlannedIndices(plan));

  await enter('restore indices');
  for (const { name, indices } of plan.snapshots) {
    const options = { ...restoreStepOptions, summary: `restore ${name}` };
    const input = { cluster: target, snapshot: name, indices, stallMs: plan.stallMs };
    const restored = await lines.follow(snapshotLabel(name), () =>
      restoreSnapshot.executeWithOptions(options, [input]),
    );
    done.indices.push(...restored.indices.map(({ index, documents }) => ({ index, documents })));
  }

  await enter('zeebe');
  await hook('zeebeRestore');

  await enter('databases');
  for (const { database, source } of plan.databases) {
    const known = checked.get(database);
    if (known === undefined) continue;
    const options = { ...restoreStepOptions, summary: `restore ${database}` };
    const input = { cluster: target, source, restoreId, checked: known };
    await lines.follow(database, () => restoreDatabase.executeWithOptions(options, [input]));
  }

  await enter('start');
  await hook('start');
  await enter('prove');
  done.proof = await lines.follow('prove', () => proveRestored({ ref, before, indices: done.indices }));
}

function lineNames(plan: RestorePlan): string[] {
  const { databases, snapshots } = plan;
  return [
    ...databases.map(({ database }) => `dump of ${database}`),
    ...['stop', 'stopped', 'delete indices'],
    ...snapshots.map(({ name }) => snapshotLabel(name)),
    'zeebeRestore',
    ...databases.map(({ database }) => database),
    ...['start', 'prove'],
  ];
}
