import { defineQuery, proxyActivities, setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { WindowInput, WindowResult } from '../contract/backup.ts';
import type { ErrorCode } from '../contract/errors.ts';
import type { ResumeProof } from '../contract/exporting.ts';
import { GET_STATUS_QUERY } from '../contract/names.ts';
import type { CutPart, PartResult } from '../contract/parts.ts';
import type { WindowStatus } from '../contract/status.ts';
import { renderDetails } from '../domain/statusTable.ts';
import { captureOptions, pauseOptions } from './activityOptions.ts';
import { closeOnError, toFailure } from './failures.ts';
import { createLines } from './lines.ts';
import { resumeForCertain } from './resume.ts';
import { allOrNone } from './sideBySide.ts';

const NOTHING_PAUSED: unknown[] = ['ForeignPause', 'WindowClosed', 'AccessDenied'] satisfies ErrorCode[];

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
  return closeOnError(() => runWindow(input));
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

  async function resume(): Promise<ResumeProof> {
    exporting = 'resuming';
    const resuming = { plan, backupId: set.backupId, by: 'window' } as const;
    const proof = await lines.follow('resume', () =>
      resumeForCertain(resuming, () => {
        exporting = 'resume-failed';
        lines.changed();
      }),
    );
    exporting = 'resumed';
    lines.changed();
    return proof;
  }

  try {
    exporting = 'pausing';
    const pause = await lines.follow('pause', () =>
      pauseExporting.executeWithOptions({ ...pauseOptions, summary: `${plan.pause} pause` }, [input]),
    );
    exporting = 'paused';
    const captured = await captureWaves(input, lines.follow);
    return { pause, parts: captured, resume: await resume() };
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

/** A pause that failed may have reached some partitions, unless it was never sent or we may not pause at all. */
function untouched(exporting: WindowStatus['exporting'], error: unknown): boolean {
  const { type } = toFailure(error);
  return exporting === 'pausing' && NOTHING_PAUSED.includes(type);
}
