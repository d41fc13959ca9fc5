import { randomUUID } from 'node:crypto';
import { SafepointError } from '../../../contract/errors.ts';
import type { Finding } from '../../../contract/preflight.ts';
import type { ObjectStore } from '../../../storage/port.ts';
import { messageOf } from '../../../system/redact.ts';
import type { CheckContext } from '../context.ts';
import { judge, lookAt, passed } from '../findings.ts';

/** Our own store takes, gives back, protects and deletes an object; proven with a real one under `<cluster>/.preflight/`. */
export async function checkStore(context: CheckContext): Promise<Finding[]> {
  return await lookAt(context, 'store.writable', async () => {
    const store = context.openStore();
    const key = `${context.cluster}/.preflight/${randomUUID()}`;
    const { signal } = context.call;
    await store.putObject(key, key, { createOnly: true, signal });
    const readBack = await store.getObject(key, { signal });
    return [
      judgeReadBack(store, readBack === key),
      await checkCreateOnly(store, key, signal),
      await checkDelete(store, key, signal),
    ];
  });
}

function judgeReadBack(store: ObjectStore, same: boolean): Finding {
  return judge({
    check: 'store.writable',
    severity: 'error',
    ok: same,
    seen: same
      ? `${store.locate('')} takes and gives objects`
      : `${store.locate('')} gave back something else than was written`,
    fix: 'look for a proxy, cache or gateway between the worker and the store',
  });
}

/** A set is protected against a second writer by objects that are written once only. */
async function checkCreateOnly(
  store: ObjectStore,
  key: string,
  signal: AbortSignal | undefined,
): Promise<Finding> {
  try {
    await store.putObject(key, 'overwritten', { createOnly: true, signal });
  } catch (error) {
    if (error instanceof SafepointError && error.code === 'ObjectExists') {
      return passed('store.createOnly', 'warning', 'an existing object is not overwritten');
    }
    throw error;
  }
  return judge({
    check: 'store.createOnly',
    severity: 'warning',
    ok: false,
    seen: `store ${store.name} ignores create-only writes (If-None-Match)`,
    fix: 'keep to one Temporal namespace for this store and cluster, or use a store that honours them: two writers could overwrite a manifest',
  });
}

/** Some stores forbid deletion on purpose; then only retention cannot work. */
async function checkDelete(
  store: ObjectStore,
  key: string,
  signal: AbortSignal | undefined,
): Promise<Finding> {
  try {
    await store.remove(key, { signal });
    return passed('store.delete', 'warning', 'the probe was removed');
  } catch (error) {
    signal?.throwIfAborted();
    return judge({
      check: 'store.delete',
      severity: 'warning',
      ok: false,
      seen: messageOf(error),
      fix: 'allow deletion below the prefix, or rotate old sets by other means',
    });
  }
}
