import { Intent } from '../contract/intent.ts';
import { INTENT, setKey } from '../domain/setKeys.ts';
import type { ObjectStore } from '../storage/port.ts';

/** Who began the set; `null` where nothing is there, or nothing that a run like ours has written. */
export async function readIntent(
  store: ObjectStore,
  { cluster, backupId }: { cluster: string; backupId: string },
  call: { signal?: AbortSignal },
): Promise<Intent | null> {
  const text = await store.getObject(setKey(cluster, backupId, INTENT), call);
  if (text === null) return null;
  try {
    return Intent.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
