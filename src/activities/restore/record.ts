import { activityInfo } from '@temporalio/activity';
import type { RestoreInfo, RestoreRecord } from '../../contract/restore.ts';
import { setKey } from '../../domain/setKeys.ts';
import { trialName } from '../../domain/setTrial.ts';
import type { ObjectStore } from '../../storage/port.ts';
import { openFolder } from '../../storage/setFolders.ts';

/** Leaves what a restore did beside the set, in every store that has it. */
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
  for (const store of stores) {
    if ((await openFolder(store, cluster, backupId)) === null) continue;
    await store.putObject(setKey(cluster, backupId, name), `${JSON.stringify(record, null, 2)}\n`, call);
  }
}
