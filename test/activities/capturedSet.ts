import { createCaptureActivities } from '../../src/activities/capture.ts';
import { createExportingActivities } from '../../src/activities/exporting.ts';
import { createPlanActivities } from '../../src/activities/plan.ts';
import { createInspector } from '../../src/activities/preflight/inspect.ts';
import type { SealInput } from '../../src/contract/backup.ts';
import type { CutPart, PartResult } from '../../src/contract/parts.ts';
import { noRuns } from '../support/noRuns.ts';
import { runActivity } from '../support/runActivity.ts';
import { CLUSTER, type SimulatedCluster } from './preflight/simulatedCluster.ts';

export const PARTS: CutPart[] = ['zeebe', 'webapps', 'optimize', 'zeebe-records'];

/** Set 1000, captured as a run does it: hard pause, Zeebe first, resume. It has no dumps. */
export async function captureSet({ deps }: SimulatedCluster): Promise<SealInput> {
  const plan = { ...(await createPlanActivities(deps).planBackup({ cluster: CLUSTER })), flushDelayMs: 50 };
  const { facts } = await createInspector(deps).inspectCluster(CLUSTER);
  if (facts === undefined) throw new Error('the simulated cluster gave no facts');
  const exporting = createExportingActivities(deps, noRuns);
  const capture = createCaptureActivities(deps, noRuns);
  const pause = await runActivity(() =>
    exporting.pauseExporting({ plan, set: { backupId: '1000', waves: [] } }),
  );
  const parts: PartResult[] = [];
  for (const part of PARTS) {
    const settled = parts.length > 1;
    parts.push(
      await runActivity(() => capture.capturePart({ plan, part, backupId: '1000', pausedForMs: 0, settled })),
    );
  }
  const resume = await runActivity(() => exporting.resumeExporting({ cluster: CLUSTER }));
  const waves = PARTS.map((part) => [part]);
  return {
    plan,
    backupId: '1000',
    waves,
    facts,
    warnings: [],
    window: { pause, parts, resume },
    artifacts: [],
  };
}
