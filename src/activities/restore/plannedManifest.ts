import { SafepointError } from '../../contract/errors.ts';
import { Manifest } from '../../contract/manifest.ts';
import type { RestoreRef } from '../../contract/restore.ts';
import { sha256Of } from '../../system/sha256.ts';
import type { ActivityDeps } from '../deps.ts';

/** The manifest that the plan was made from. Fails with `RestoreRefused` when it is another one by now. */
export async function readPlannedManifest(
  { store }: Pick<ActivityDeps, 'store'>,
  { manifest: { store: name, key, sha256 } }: Pick<RestoreRef, 'manifest'>,
  call: { signal?: AbortSignal },
): Promise<Manifest> {
  const text = await store(name).getObject(key, call);
  if (text !== null && sha256Of(text) === sha256) return Manifest.parse(JSON.parse(text));
  const what = text === null ? 'is gone' : 'is not the one that the plan was made from';
  throw new SafepointError('RestoreRefused', `${store(name).locate(key)} ${what}; start again`);
}
