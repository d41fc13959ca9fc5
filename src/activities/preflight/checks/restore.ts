import type { Finding } from '../../../contract/preflight.ts';
import { restoreMarkerKey } from '../../../domain/setKeys.ts';
import { describeMarker, readMarker } from '../../restore/marker.ts';
import type { CheckContext } from '../context.ts';
import { judge, lookAt } from '../findings.ts';

/** A backup of a cluster that is half restored looks whole, and would push the good ones out. */
export async function checkRestore(context: CheckContext): Promise<Finding[]> {
  return await lookAt(context, 'restore.ended', async () => {
    const store = context.openStore();
    const marker = await readMarker(store, context.cluster, context.call);
    return [
      judge({
        check: 'restore.ended',
        severity: 'error',
        ok: marker === null,
        seen: marker === null ? 'no restore is open' : describeMarker(marker),
        fix: `start the restore again; when you have restored by hand, delete ${store.locate(restoreMarkerKey(context.cluster))}`,
      }),
    ];
  });
}
