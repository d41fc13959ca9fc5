import { randomUUID } from 'node:crypto';
import type { Finding } from '../../../contract/preflight.ts';
import { messageOf } from '../../../system/redact.ts';
import type { CheckContext } from '../context.ts';
import { judge } from '../findings.ts';

/** The other stores of the cluster take and give objects. One that does not makes the set partial, and stops no backup. */
export async function checkCopies(context: CheckContext): Promise<Finding[]> {
  return await Promise.all(context.config.copies.map((name) => checkCopy(context, name)));
}

async function checkCopy(context: CheckContext, name: string): Promise<Finding> {
  const { cluster, call } = context;
  const check = `copy.${name}`;
  const fix = 'repair the store; what a set lacks there `safepoint repair ID` copies later';
  const key = `${cluster}/.preflight/${randomUUID()}`;
  try {
    const store = context.openStore(name);
    await store.putObject(key, key, { createOnly: true, ...call });
    const same = (await store.getObject(key, call)) === key;
    await store.remove(key, call).catch(() => undefined); // some stores forbid it on purpose
    call.signal?.throwIfAborted();
    const seen = same ? 'takes and gives objects' : 'gave back something else than was written';
    return judge({ check, severity: 'warning', ok: same, seen: `${store.locate('')} ${seen}`, fix });
  } catch (error) {
    call.signal?.throwIfAborted();
    return judge({ check, severity: 'warning', ok: false, seen: messageOf(error), fix });
  }
}
