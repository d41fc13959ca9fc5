import { createCaptureActivities } from './capture.ts';
import type { ActivityDeps } from './deps.ts';
import { createDumpActivities } from './dump.ts';
import { createExportingActivities } from './exporting.ts';
import { createPlanActivities } from './plan.ts';
import { createPreflightActivities } from './preflight.ts';
import { createSealActivities } from './seal.ts';
import { createWindowActivities } from './window.ts';

/** Every activity by its name; workflows import only the type. */
export function createActivities(deps: ActivityDeps) {
  return {
    ...createPlanActivities(deps),
    ...createPreflightActivities(deps),
    ...createExportingActivities(deps),
    ...createCaptureActivities(deps),
    ...createDumpActivities(deps),
    ...createSealActivities(deps),
    ...createWindowActivities(),
  };
}
export type Activities = ReturnType<typeof createActivities>;
