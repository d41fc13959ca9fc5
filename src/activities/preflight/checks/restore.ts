import type { Finding } from '../../../contract/preflight.ts';
import { restoreMarkerKey } from '../../../domain/setKeys.ts';
import { describeMarker, readMarker } from '../../restore/marker.ts';
import type { CheckContext } from '../context.ts';
import { judge } from '../findings.ts';

const CHECK = 'restore.ended';

/** A backup of a cluster that is half restored looks whole, and would push the good ones out. */
export async function checkRestore(context: CheckContext): Promise<Finding[]> {
  try {
    return [await judgeMarker(context)];
  } catch {
    context.call.signal?.throwIfAborted();
    const seen = 'not checked, because the store failed';
    return [{ check: CHECK, ok: false, severity: 'info', seen, fix: 'repair store.writable first' }];
  }
}

async function judgeMarker(context: CheckContext): Promise<Finding> {
  const store = context.openStore();
  const marker = await readMarker(store, context.cluster, context.call);
  return judge({
    check: CHECK,
    severity: 'error',
    ok: marker === null,
    seen: marker === null ? 'no restore is open' : describeMarker(marker),
    fix: `start the restore again; when you have restored by hand, delete ${store.locate(restoreMarkerKey(context.cluster))}`,
  });
}
