import { SafepointError } from '../../contract/errors.ts';
import type { Manifest } from '../../contract/manifest.ts';
import type { RestoreInput } from '../../contract/restore.ts';
import { MANIFEST, setKey } from '../../domain/setKeys.ts';
import { fitsLabels } from '../../domain/setLabel.ts';
import { listCatalog } from '../../storage/catalog.ts';
import { readDocuments, type CatalogEntry } from '../../storage/catalogEntry.ts';
import type { ObjectStore } from '../../storage/port.ts';
import { openFolder } from '../../storage/setFolders.ts';
import { sha256Of } from '../../system/sha256.ts';

/** The set of a restore, with the manifest that it goes by and where that lies. */
export type ChosenSet = {
  manifest: Manifest;
  at: { store: string; key: string; sha256: string };
  entry: CatalogEntry;
};

/** Which sets; `force` lets a person take one that no choice by time would take. */
export type SetChoice = Pick<RestoreInput, 'cluster' | 'backupId' | 'latest' | 'before' | 'force'>;

/** Fails with `RestoreRefused` when there is no such set, or none that can be read. */
export async function chooseSet(stores: readonly ObjectStore[], choice: SetChoice): Promise<ChosenSet> {
  const { cluster } = choice;
  const { entries } = await listCatalog(stores, { cluster });
  const [chosen] = entries.filter((entry) => isWanted(entry, choice));
  if (chosen === undefined) throw refused(describeNone(choice, entries));
  const { backupId } = chosen;
  const copies = entries.filter((entry) => entry.backupId === backupId);
  const problems: string[] = [];
  for (const store of stores.filter(({ name }) => copies.some((copy) => copy.store === name))) {
    const read = await readManifest(store, cluster, backupId);
    if (typeof read !== 'string') return { ...read, entry: chosen };
    problems.push(`${store.locate(setKey(cluster, backupId, MANIFEST))}: ${read}`);
  }
  throw refused(`set ${backupId} of ${cluster} cannot be read: ${problems.join('; ')}`);
}

function isWanted(entry: CatalogEntry, { backupId, before, force = false }: SetChoice): boolean {
  if (backupId !== undefined) return entry.backupId === backupId;
  const good = entry.state === 'complete' || (force && entry.state === 'partial');
  if (!good || (!force && entry.check?.ok === false)) return false;
  return before === undefined || Date.parse(entry.completedAt ?? '') <= Date.parse(before);
}

function describeNone({ cluster, backupId, before }: SetChoice, entries: readonly CatalogEntry[]): string {
  const known = `${entries.length} sets of ${cluster} are known; \`safepoint list ${cluster}\` shows them`;
  if (backupId !== undefined) return `no set ${backupId} of ${cluster} in the stores; ${known}`;
  const when = before === undefined ? '' : ` that was sealed before ${before}`;
  return `no set of ${cluster}${when} is complete with a good last check; ${known}`;
}

/** The manifest that was written, and no other; else one sentence. */
async function readManifest(
  store: ObjectStore,
  cluster: string,
  backupId: string,
): Promise<Omit<ChosenSet, 'entry'> | string> {
  const folder = await openFolder(store, cluster, backupId);
  if (folder === null) return 'is not there';
  const { entry, manifest } = await readDocuments(folder);
  if (manifest === undefined || entry.state === 'deleting') return entry.reasons.join('; ');
  const key = setKey(cluster, backupId, MANIFEST);
  const sha256 = sha256Of((await store.getObject(key)) ?? '');
  if (!fitsLabels(folder.objects.keys(), sha256)) return 'is not as it was written';
  return { manifest, at: { store: store.name, key, sha256 } };
}

function refused(message: string): SafepointError {
  return new SafepointError('RestoreRefused', message);
}
