import { RestoreMarker } from '../../contract/restore.ts';
import { RESTORING, restoreMarkerKey, setKey } from '../../domain/setKeys.ts';
import type { ObjectStore } from '../../storage/port.ts';

type Call = { signal?: AbortSignal };

/** `target`: store that leads of the cluster that is restored; `set`: of the one whose set it is. */
export type MarkerStores = { target: ObjectStore; set: ObjectStore };

/**
 * What a restore into this cluster has begun and not ended; `null` when nothing is open. A marker that cannot be read counts:
 * something began.
 */
export async function readMarker(
  store: ObjectStore,
  cluster: string,
  call: Call = {},
): Promise<RestoreMarker | null> {
  const text = await store.getObject(restoreMarkerKey(cluster), call);
  if (text === null) return null;
  try {
    return RestoreMarker.parse(JSON.parse(text));
  } catch {
    return {
      schema: 'safepoint/restore-marker/v1',
      ...{
        cluster,
        target: cluster,
        backupId: 'unknown',
        restoreId: 'unknown',
        workflowId: 'unknown',
        runId: 'unknown',
      },
      ...{ startedAt: 'unknown', step: 'stop' },
    };
  }
}

/** Beside the set first, so that rotation lets it be, then in the target, so that no backup is taken of half a cluster. */
export async function writeMarker(stores: MarkerStores, marker: RestoreMarker, call: Call): Promise<void> {
  const text = `${JSON.stringify(marker, null, 2)}\n`;
  await stores.set.putObject(setKey(marker.cluster, marker.backupId, RESTORING), text, call);
  await stores.target.putObject(restoreMarkerKey(marker.target), text, call);
}

/** Both of the markers that a restore into the target has written. */
export async function removeMarker(
  stores: MarkerStores,
  { cluster, target, backupId }: Pick<RestoreMarker, 'cluster' | 'target' | 'backupId'>,
  call: Call,
): Promise<void> {
  await stores.set.remove(setKey(cluster, backupId, RESTORING), call);
  await stores.target.remove(restoreMarkerKey(target), call);
}

/** One sentence, for whoever must not go on while the restore is open. */
export function describeMarker({ backupId, target, step, workflowId, startedAt }: RestoreMarker): string {
  return `a restore of set ${backupId} into ${target} began ${startedAt} and has not ended; it stood at "${step}" (run ${workflowId})`;
}
