import { SafepointError } from '../../contract/errors.ts';
import { zeebeRank } from '../../domain/replica/zeebeKeys.ts';
import { ledgerKey, replicaName, setKey } from '../../domain/setKeys.ts';
import { parseReplica } from '../../storage/replica/records.ts';
import type { ActivityDeps } from '../deps.ts';
import { listZeebeObjects } from './zeebe.ts';

/**
 * Deletes the copy of Zeebe's backup of one set, its manifests first, then the record and the ledger of it. A copy of the
 * snapshot repository is not touched: the next `replicate` removes what is gone from its source. What is not there is no error, so it
 * can be called again. Returns how many objects of Zeebe went. Fails with `StoreFailed`, `AccessDenied`, and `InvalidConfig` where the
 * store that the record names left the config.
 */
export async function removeReplica(
  { config, store }: Pick<ActivityDeps, 'config' | 'store'>,
  { cluster, backupId }: { cluster: string; backupId: string },
  { signal }: { signal?: AbortSignal } = {},
): Promise<number> {
  const settings = config.clusters[cluster];
  if (settings === undefined)
    throw new SafepointError('InvalidConfig', `no cluster ${cluster} in the config`);
  const leading = store(settings.store);
  const recordKey = setKey(cluster, backupId, replicaName('zeebe'));
  const record = parseReplica(await leading.getObject(recordKey, { signal }));
  // Also one that never became whole, which has no record.
  const targets = new Set(
    [record?.to.store, settings.replicate?.zeebe?.to].filter((name) => name !== undefined),
  );

  let removed = 0;
  for (const name of targets) {
    const target = store(name);
    const keys: string[] = [];
    for await (const { key } of listZeebeObjects(target, backupId, signal)) keys.push(key);
    for (const key of keys.sort((left, right) => zeebeRank(right) - zeebeRank(left))) {
      await target.remove(key, { signal });
      removed += 1;
    }
  }
  await leading.remove(ledgerKey(cluster, 'zeebe', backupId), { signal });
  await leading.remove(recordKey, { signal });
  return removed;
}
