import { getClient } from '@temporalio/activity';
import { createRunLookup } from '../system/runs.ts';
import { createCaptureActivities } from './capture.ts';
import { createCheckActivities } from './check.ts';
import { createCleanUpActivities } from './cleanUp.ts';
import type { ActivityDeps } from './deps.ts';
import { createDeletionActivities } from './deletion.ts';
import { createDrillActivities } from './drill.ts';
import { createDumpActivities } from './dump.ts';
import { createExportingActivities } from './exporting.ts';
import { createHookActivities } from './hooks.ts';
import { createPlanActivities } from './plan.ts';
import { createPreflightActivities } from './preflight.ts';
import { createRestoreDatabaseActivities } from './restoreDatabase.ts';
import { createRestoreActivities } from './restore.ts';
import { createRetainActivities } from './retain.ts';
import { createReplicateActivities } from './replicate.ts';
import { createRestoreIndicesActivities } from './restoreIndices.ts';
import { createSealActivities } from './seal.ts';
import { createSentinelActivities } from './sentinel.ts';
import { createWindowActivities } from './window.ts';

/** Every activity by its name; workflows import only the type. */
export function createActivities(deps: ActivityDeps) {
  const runs = createRunLookup(getClient);
  return {
    ...createPlanActivities(deps),
    ...createPreflightActivities(deps, runs),
    ...createExportingActivities(deps, runs),
    ...createCaptureActivities(deps, runs),
    ...createDumpActivities(deps),
    ...createRestoreDatabaseActivities(deps),
    ...createSealActivities(deps),
    ...createCleanUpActivities(deps),
    ...createRetainActivities(deps, runs),
    ...createDeletionActivities(deps, runs),
    ...createCheckActivities(deps),
    ...createWindowActivities(runs),
    ...createReplicateActivities(deps, runs),
    ...createRestoreActivities(deps),
    ...createDrillActivities(deps),
    ...createRestoreIndicesActivities(deps),
    ...createSentinelActivities(deps, runs),
    ...createHookActivities(deps),
  };
}
export type Activities = ReturnType<typeof createActivities>;
