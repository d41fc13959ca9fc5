import { SafepointError } from '../../contract/errors.ts';
import type { Manifest } from '../../contract/manifest.ts';
import { differenceOf, type SetRef, type StoredBytes, type StoredManifest } from './setInStores.ts';

/** By store and key. */
export type Digests = ReadonlyMap<string, ReadonlyMap<string, StoredBytes>>;

export type Chosen = { text: string; manifest: Manifest; votes: number };

/**
 * The manifest that counts: the one that most stores have, on a tie that of the store that leads. One whose artifacts are good
 * nowhere gives way to one whose artifacts are. Fails with `NoGoodCopy`, naming what is wrong in each store.
 */
export function chooseManifest(found: readonly StoredManifest[], digests: Digests, set: SetRef): Chosen {
  const candidates = candidatesOf(found);
  if (candidates.length === 0) {
    const seen = found.map((each) => `${each.store.name}: ${whyNot(each)}`);
    throw noGoodCopy(set, 'manifest.json', seen);
  }
  const fitting = candidates.find(({ manifest }) => lostArtifacts(manifest, digests).length === 0);
  if (fitting !== undefined) return fitting;
  const [best] = candidates;
  const [lost] = best === undefined ? [] : lostArtifacts(best.manifest, digests);
  throw noGoodCopy(set, lost?.name ?? 'manifest.json', lost?.seen ?? []);
}

/** Whether another valid manifest of the same run may be replaced by the chosen one. On equal evidence nobody knows which is right. */
export function mayReplace(
  other: StoredManifest,
  chosen: Chosen,
  found: readonly StoredManifest[],
  digests: Digests,
): boolean {
  if (other.kind !== 'valid') return other.kind === 'unreadable';
  if (other.manifest.run.runId !== chosen.manifest.run.runId) return false;
  const votes = candidatesOf(found).find(({ text }) => text === other.text)?.votes ?? 0;
  return votes < chosen.votes || lostArtifacts(other.manifest, digests).length > 0;
}

/** Distinct valid manifests, those with the most stores first; the order of the stores decides a tie. */
export function candidatesOf(found: readonly StoredManifest[]): Chosen[] {
  const byText = new Map<string, Chosen>();
  for (const each of found) {
    if (each.kind !== 'valid') continue;
    const votes = (byText.get(each.text)?.votes ?? 0) + 1;
    byText.set(each.text, { text: each.text, manifest: each.manifest, votes });
  }
  return [...byText.values()].sort((left, right) => right.votes - left.votes);
}

/** Artifacts that are good in no store, with what is wrong in each. */
function lostArtifacts(manifest: Manifest, digests: Digests): { name: string; seen: string[] }[] {
  return manifest.artifacts.flatMap((artifact) => {
    const seen: string[] = [];
    for (const [store, keys] of digests) {
      const difference = differenceOf(keys.get(artifact.key) ?? { kind: 'absent' }, artifact);
      if (difference === null) return [];
      seen.push(`${store}: ${difference}`);
    }
    return [{ name: artifact.name, seen }];
  });
}

function noGoodCopy({ cluster, backupId }: SetRef, name: string, seen: string[]): SafepointError {
  const where = seen.join('; ');
  return new SafepointError(
    'NoGoodCopy',
    `no store has a good ${name} of set ${backupId} of ${cluster}: ${where}`,
  );
}

function whyNot(found: StoredManifest): string {
  return 'why' in found ? found.why : 'it is not there';
}
