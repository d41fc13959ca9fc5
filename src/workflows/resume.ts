import { CancellationScope, proxyActivities, proxyLocalActivities, sleep } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { BackupPlan } from '../contract/backup.ts';
import type { ResumeProof } from '../contract/exporting.ts';
import { firstResumeOptions, resumeOptions } from './activityOptions.ts';
import { toFailure } from './failures.ts';

const { resumeExporting: resumeAtOnce } = proxyLocalActivities<Activities>(firstResumeOptions);
const { resumeExporting } = proxyActivities<Activities>(resumeOptions);

export type Resuming = {
  plan: BackupPlan;
  backupId: string;
  by: 'window' | 'backup';
  pauseIsOver: boolean; // no request to pause can land any more
  isPaused?: boolean; // the pause is proven
};

/**
 * The first try costs little; what follows never gives up and shows as a pending activity with its last failure. Cannot be
 * cancelled. `onAlarm` is called when it has been refused for longer than the budget.
 */
export async function resumeForCertain(resuming: Resuming, onAlarm: () => void): Promise<ResumeProof> {
  return await CancellationScope.nonCancellable(async () => {
    const input = inputOf(resuming);
    try {
      return await resumeAtOnce.executeWithOptions({ ...firstResumeOptions, summary: 'resume exporting' }, [
        input,
      ]);
    } catch (error) {
      const summary = `resume exporting, after: ${toFailure(error).message.slice(0, 120)}`;
      return await withAlarm(resuming.plan, onAlarm, () =>
        resumeExporting.executeWithOptions({ ...resumeOptions, summary }, [input]),
      );
    }
  });
}

/** In place of a window that died; not a local activity, so that it shows. */
export async function resumeInstead(resuming: Resuming): Promise<ResumeProof> {
  const summary = 'resume exporting in place of the window';
  return await CancellationScope.nonCancellable(() =>
    resumeExporting.executeWithOptions({ ...resumeOptions, summary }, [inputOf(resuming)]),
  );
}

function inputOf({ plan, backupId, by, pauseIsOver, isPaused }: Resuming) {
  return { cluster: plan.cluster, backupId, by, pauseIsOver, isPaused, alarmMs: plan.budgets.resumeMs };
}

async function withAlarm<T>(plan: BackupPlan, onAlarm: () => void, work: () => Promise<T>): Promise<T> {
  const { resumeMs } = plan.budgets;
  if (resumeMs === undefined) return await work(); // a run of 0.1.0
  const timer = new CancellationScope();
  const alarm = timer.run(() => sleep(resumeMs, { summary: 'longest time without alarm' })).then(onAlarm);
  alarm.catch(() => undefined); // cancelled when the resume is there
  try {
    return await work();
  } finally {
    timer.cancel();
  }
}
