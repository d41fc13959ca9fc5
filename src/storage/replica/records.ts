import { REPLICA_KINDS, ReplicaRecord } from '../../contract/replica.ts';
import { replicaName, setKey } from '../../domain/setKeys.ts';
import type { ObjectStore } from '../port.ts';

/** Evidence of the copies of one set in its leading store; what is there and no record of ours is left out. */
export async function readReplicas(
  store: ObjectStore,
  { cluster, backupId }: { cluster: string; backupId: string },
): Promise<ReplicaRecord[]> {
  const texts = REPLICA_KINDS.map((kind) => store.getObject(setKey(cluster, backupId, replicaName(kind))));
  return (await Promise.all(texts)).flatMap((text) => parseReplica(text) ?? []);
}

export function parseReplica(text: string | null): ReplicaRecord | undefined {
  try {
    return ReplicaRecord.safeParse(JSON.parse(text ?? '')).data;
  } catch {
    return undefined;
  }
}
