import { activityInfo } from '@temporalio/activity';
import type { RestoreInfo, RestoreRecord } from '../../contract/restore.ts';
import { trialName } from '../../domain/setTrial.ts';
import type { ObjectStore } from '../../storage/port.ts';
import { leaveTrialRecord } from '../trialRecord.ts';

/** Leaves what a restore did beside the set, in every store that has it and is not down. */
export async function recordTrial(
  stores: readonly ObjectStore[],
  info: RestoreInfo,
  call: { signal?: AbortSignal },
): Promise<void> {
  const { plan, startedAt, steps, hooks, indices, proof, failure } = info;
  const { cluster, target, backupId, findings } = plan;
  const endedAt = new Date().toISOString();
  const record: RestoreRecord = {
    schema: 'safepoint/restore/v1',
    ...{ cluster, target, backupId, startedAt, endedAt, indices, hooks, findings },
    ok: failure === undefined,
    ...(failure !== undefined && { failure }),
    steps: steps.map(({ name, state, tookMs }) => ({ name, state, ...(tookMs !== undefined && { tookMs }) })),
    ...proof,
    workflowId: activityInfo().workflowExecution?.workflowId ?? '',
  };
  const name = trialName({ kind: 'restore', at: endedAt, level: 'whole', ok: record.ok });
  await leaveTrialRecord(stores, { cluster, backupId, name, record }, call);
}
