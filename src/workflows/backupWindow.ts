import {
  defineQuery,
  getExternalWorkflowHandle,
  patched,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { WindowInput, WindowResult } from '../contract/backup.ts';
import type { PauseProof, ResumeProof } from '../contract/exporting.ts';
import { GET_STATUS_QUERY, RESUME_FAILED_SIGNAL } from '../contract/names.ts';
import type { CutPart, PartResult } from '../contract/parts.ts';
import type { WindowStatus } from '../contract/status.ts';
import { renderDetails } from '../domain/statusTable.ts';
import { captureOptions, pauseOptions } from './activityOptions.ts';
import { closeOnError, toFailure } from './failures.ts';
import { checkWindowShape } from './inputShape.ts';
import { createLines } from './lines.ts';
import { resumeForCertain } from './resume.ts';
import { allOrNone } from './sideBySide.ts';

export const getWindowStatus = defineQuery<WindowStatus>(GET_STATUS_QUERY);

const { pauseExporting } = proxyActivities<Activities>(pauseOptions);

/**
 * The exclusive, consistency-critical stretch of a run: pause, capture in waves, resume. It runs as a child of `backup`
 * under the fixed id of the cluster, which is the lock.
 *
 *   running -> pausing -> paused -> resuming -> resumed
 *                                      \-> resume-failed -> resumed
 *
 * Whatever happens after the first try to pause, exporting is resumed and proven before the window closes; as long as it
 * cannot be proven the window stays open and keeps every other run out.
 */
export function backupWindow(input: WindowInput): Promise<WindowResult> {
  return closeOnError(async () => {
    checkWindowShape(input);
    return await runWindow(input);
  });
}

async function runWindow(input: WindowInput): Promise<WindowResult> {
  const { plan, set } = input;
  const parts = set.waves.flat();
  const lines = createLines(['pause', ...parts, 'resume']);
  let exporting: WindowStatus['exporting'] = 'running';
  setHandler(
    getWindowStatus,
    () => ({ cluster: plan.cluster, backupId: set.backupId, exporting, lines: lines.all() }),
    {
      description: 'Exporting and every part of the window, with times and what is wrong',
    },
  );
  lines.onChange(() => {
    setCurrentDetails(renderDetails(`${plan.cluster} #${set.backupId}: exporting ${exporting}`, lines.all()));
  });

  let pause: PauseProof | undefined;

  async function resume(): Promise<ResumeProof> {
    exporting = 'resuming';
    const isPaused = pause !== undefined;
    const pauseIsOver = isPaused && pause?.mayLandLate !== true;
    const resuming = { plan, backupId: set.backupId, by: 'window', pauseIsOver, isPaused } as const;
    const proof = await lines.follow('resume', () =>
      resumeForCertain(resuming, () => {
        exporting = 'resume-failed';
        lines.warn('resume', describeRefused(plan.cluster));
        tellBackup();
      }),
    );
    exporting = 'resumed';
    lines.changed();
    return proof;
  }

  try {
    exporting = 'pausing';
    pause = await lines.follow('pause', () =>
      pauseExporting.executeWithOptions({ ...pauseOptions, summary: `${plan.pause} pause` }, [input]),
    );
    exporting = 'paused';
    const pausedAtMs = Date.now(); // the server's clock, the same for every worker
    const captured = await captureWaves(input, lines.follow);
    const resumed = await resume();
    return { pause, parts: captured, resume: resumed, tookMs: Date.now() - pausedAtMs };
  } catch (error) {
    if (!untouched(exporting, error)) await resume();
    throw error;
  }
}

async function captureWaves(
  { plan, set }: WindowInput,
  follow: (name: string, step: () => Promise<PartResult>) => Promise<PartResult>,
): Promise<PartResult[]> {
  const { capturePart } = proxyActivities<Activities>(captureOptions(plan.budgets));
  const pausedAtMs = Date.now(); // the server's clock, the same for every worker
  const capture = (part: CutPart, settled: boolean) =>
    follow(part, () =>
      capturePart.executeWithOptions({ ...captureOptions(plan.budgets), summary: `capture ${part}` }, [
        { plan, part, backupId: set.backupId, pausedForMs: Date.now() - pausedAtMs, settled },
      ]),
    );

  const captured: PartResult[] = [];
  for (const wave of set.waves) {
    const settled = captured.some(({ part }) => part !== 'zeebe');
    captured.push(...(await allOrNone(wave.map((part) => () => capture(part, settled)))));
  }
  return captured;
}

function describeRefused(cluster: string): string {
  return `ResumeFailed: see the last failure under *Pending Activities*; repair what it names, then run \`safepoint resume ${cluster}\``;
}

/** The run that people look at must show it too. It may be gone: this window stays open all the same. */
function tellBackup(): void {
  const { parent } = workflowInfo();
  if (parent === undefined || !patched('tell backup of a failing resume')) return; // windows of 0.2.0 told nobody
  const backup = getExternalWorkflowHandle(parent.workflowId, parent.runId);
  backup.signal(RESUME_FAILED_SIGNAL).catch(() => undefined);
}

/**
 * A pause that failed may have reached some partitions, unless we may not pause at all, or nobody knows the cluster: then we
 * cannot resume either, and would try for ever. Whether anything was asked for at all stands on record, where the resume looks.
 */
function untouched(exporting: WindowStatus['exporting'], error: unknown): boolean {
  const { type } = toFailure(error);
  return exporting === 'pausing' && (type === 'AccessDenied' || type === 'InvalidInput');
}
