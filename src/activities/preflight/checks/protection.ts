import type { Finding } from '../../../contract/preflight.ts';
import type { ObjectStore, Protection } from '../../../storage/port.ts';
import type { CheckContext } from '../context.ts';
import { judge } from '../findings.ts';

const HOW = 'see docs/storage.md';

/** What keeps the sets in the stores of the cluster from being deleted or overwritten by whoever has its credentials. */
export async function checkProtection(context: CheckContext): Promise<Finding[]> {
  const leading = look(context, undefined);
  const copies = context.config.copies.map(async (name) => (await look(context, name)).map(asOfCopy));
  return (await Promise.all([leading, ...copies])).flat();
}

async function look(context: CheckContext, name: string | undefined): Promise<Finding[]> {
  try {
    const store = context.openStore(name);
    return judgeProtection(store, await store.describeProtection(context.call));
  } catch {
    context.call.signal?.throwIfAborted();
    return []; // a store that cannot be asked can take nothing either: another check says why
  }
}

/** A copy that is missing makes a set partial, and stops no run. */
function asOfCopy(finding: Finding): Finding {
  return finding.severity === 'error' ? { ...finding, severity: 'warning' } : finding;
}

function judgeProtection(store: ObjectStore, protection: Protection): Finding[] {
  const place = store.locate('');
  return [
    judgeVersioning(place, protection),
    judgeLock(place, protection),
    ...judgeDefault(place, protection),
  ];
}

function judgeVersioning(place: string, { versioning, untold }: Protection): Finding {
  return judge({
    check: 'store.versioning',
    severity: 'info',
    ok: versioning !== null,
    seen:
      versioning === null
        ? `${place} does not tell whether it keeps versions: ${untold.join(', ')}`
        : `${place} ${versioning ? 'keeps' : 'does not keep'} what is overwritten or deleted`,
    fix: `allow the worker to read the settings of the bucket; ${HOW}`,
  });
}

/** An upload with a date is refused by a bucket that was not made for it: better now than after the dump. */
function judgeLock(place: string, protection: Protection): Finding {
  const { objectLock, lockWanted, encryption, untold } = protection;
  const encrypted = encryption === null ? '' : `; encryption: ${encryption}`;
  const told = objectLock === true ? 'can lock objects until a date' : 'cannot lock objects until a date';
  const unknown = `does not tell whether it can lock objects: ${untold.join(', ')}`;
  const wanted = lockWanted ? ', as the config wants' : ', and the config does not ask for it';
  return judge({
    check: 'store.objectLock',
    severity: lockWanted && objectLock === false ? 'error' : 'info',
    ok: objectLock === true || (objectLock === false && !lockWanted),
    seen: `${place} ${objectLock === null ? unknown : told + wanted}${encrypted}`,
    fix:
      objectLock === null
        ? `allow the worker to read the settings of the bucket; ${HOW}`
        : `make a bucket with object lock, or take objectLock out of the config; ${HOW}`,
  });
}

/** Working files of a run would be locked too, and each failed run would leave its own behind for as long. */
function judgeDefault(place: string, { defaultRetention }: Protection): Finding[] {
  if (defaultRetention === null || defaultRetention === 'none') return [];
  return [
    judge({
      check: 'store.defaultRetention',
      severity: 'warning',
      ok: false,
      seen: `${place} locks every object by itself (${defaultRetention}), also the working files of a run`,
      fix: `take the default away and set objectLock in the config; ${HOW}`,
    }),
  ];
}
