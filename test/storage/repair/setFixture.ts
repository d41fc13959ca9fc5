import { createHash } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import type { Manifest } from '../../../src/contract/manifest.ts';
import { createObjectStore } from '../../../src/storage/objectStore.ts';
import type { ObjectStore } from '../../../src/storage/port.ts';
import { validManifest } from '../../fuzz/support/validSet.ts';

export const CLUSTER = 'prod';
export const ID = '1000';
export const KEYS = {
  modeler: `${CLUSTER}/${ID}/web-modeler.sql.zst`,
  keycloak: `${CLUSTER}/${ID}/keycloak.sql.zst.age`,
  manifest: `${CLUSTER}/${ID}/manifest.json`,
};
export const BYTES: Record<string, string> = {
  [KEYS.modeler]: 'what stands for a dump '.repeat(1000),
  [KEYS.keycloak]: 'another one '.repeat(1000),
};

/** A manifest of two dumps, as it is written. */
export function manifestText(changes: Partial<Manifest> = {}): string {
  const [dump] = validManifest.artifacts;
  const manifest = {
    ...validManifest,
    cluster: CLUSTER,
    backupId: ID,
    artifacts: Object.entries(BYTES).map(([key, bytes]) => ({
      ...dump,
      name: key.split('/').at(-1),
      key,
      sizeBytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    })),
    run: { workflowId: 'backup-prod', runId: 'run-1' },
    ...changes,
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** The whole set, as a run leaves it. */
export async function writeSet(store: ObjectStore): Promise<void> {
  for (const [key, bytes] of Object.entries(BYTES)) await store.putObject(key, bytes);
  await store.putObject(`${CLUSTER}/${ID}/label.complete.sequential.1.2.3`, '');
  await store.putObject(KEYS.manifest, manifestText());
}

/** Folder stores, of which the first two have the set. */
export async function openStores(dir: string): Promise<[ObjectStore, ObjectStore, ObjectStore]> {
  const open = async (name: string) =>
    createObjectStore(name, { type: 'folder', path: await mkdtemp(path.join(dir, `${name}-`)) });
  const [main, offsite, third] = [await open('main'), await open('offsite'), await open('third')];
  for (const store of [main, offsite]) await writeSet(store);
  return [main, offsite, third];
}

/** Every object of the store, by key in order. */
export async function contents(store: ObjectStore): Promise<Record<string, string | null>> {
  const entries: [string, string | null][] = [];
  for await (const { key } of store.list('')) entries.push([key, await store.getObject(key)]);
  return Object.fromEntries(entries);
}
