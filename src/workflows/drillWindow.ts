import { CancellationScope, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { DrilledDatabase } from '../contract/databaseRestore.ts';
import type { DrillPlan } from '../contract/drill.ts';
import type { RestoredIndex } from '../contract/restore.ts';
import { drillPrefix } from '../domain/drillIndices.ts';
import { reaches } from '../domain/setTrial.ts';
import { restoreStepOptions } from './activityOptions.ts';
import { closeOnError } from './failures.ts';

const { drillDatabase, restoreSnapshot, removeDrillIndices, sweepDrillIndices } =
  proxyActivities<Activities>(restoreStepOptions);

export type Drilled = { databases: DrilledDatabase[]; indices: RestoredIndex[] };

/**
 * What a drill makes and removes again: databases on the servers for drills, indices under other names. Its fixed id keeps a
 * second drill of the same target out, so what lies there at the start is the rest of one that died.
 */
export function drillWindow(plan: DrillPlan): Promise<Drilled> {
  return closeOnError(
    async () => ({
      databases: await drillDatabases(plan),
      indices: reaches(plan.level, 'indices') ? await drillIndices(plan) : [],
    }),
    'DrillCancelled',
  );
}

async function drillDatabases({ databases }: DrillPlan): Promise<DrilledDatabase[]> {
  const drilled: DrilledDatabase[] = [];
  for (const { database, source } of databases) {
    const options = { ...restoreStepOptions, summary: `restore ${database} for a drill` };
    drilled.push(await drillDatabase.executeWithOptions(options, [{ source, runId: workflowInfo().runId }]));
  }
  return drilled;
}

/** One snapshot after the other, so that the disk holds one at a time; removed again whatever happens. */
async function drillIndices({ target: cluster, snapshots, stallMs }: DrillPlan): Promise<RestoredIndex[]> {
  const renamePrefix = drillPrefix(cluster, workflowInfo().runId);
  const done: RestoredIndex[] = [];
  await sweepDrillIndices({ cluster });
  try {
    for (const { name: snapshot, indices } of snapshots) {
      const options = { ...restoreStepOptions, summary: `restore ${snapshot} under another name` };
      const input = { cluster, snapshot, indices, renamePrefix, stallMs };
      const restored = await restoreSnapshot.executeWithOptions(options, [input]);
      done.push(...restored.indices.map(({ index, documents }) => ({ index, documents })));
      await removeDrillIndices({ cluster, renamePrefix });
    }
  } finally {
    await CancellationScope.nonCancellable(() => removeDrillIndices({ cluster, renamePrefix }));
  }
  return done;
}
