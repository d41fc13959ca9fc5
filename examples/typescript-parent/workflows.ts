import { ApplicationFailure, ChildWorkflowFailure, proxyActivities } from '@temporalio/workflow';
import { backupChild, type BackupResult } from 'safepoint';
import type * as activities from './activities.ts';

const { deployRelease } = proxyActivities<typeof activities>({ startToCloseTimeout: '10 minutes' });

export type Deployment = { release: string; backupId: string };

/** Deploys only after a backup that is `complete`. Fails with `NotDeployed`; its details are the error code of the backup. */
export async function deploy(cluster: string, release: string): Promise<Deployment> {
  const backup = await takeBackup(cluster);
  if (backup.verdict !== 'complete')
    throw notDeployed(`backup is ${backup.verdict}: ${backup.reasons.join('; ')}`);
  await deployRelease(cluster, release);
  return { release, backupId: backup.backupId };
}

async function takeBackup(cluster: string): Promise<BackupResult> {
  try {
    return await backupChild({ cluster });
  } catch (error) {
    // Anything else, such as a cancel, ends this workflow as it is.
    if (!(error instanceof ChildWorkflowFailure && error.cause instanceof ApplicationFailure)) throw error;
    const code = error.cause.type; // an `ErrorCode`, such as `ClusterBusy`
    throw notDeployed(`no backup: ${code}: ${error.cause.message}`, code);
  }
}

function notDeployed(why: string, ...details: unknown[]): ApplicationFailure {
  return ApplicationFailure.nonRetryable(why, 'NotDeployed', ...details);
}
