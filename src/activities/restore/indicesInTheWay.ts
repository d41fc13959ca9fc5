import type { CamundaClient } from '../../camunda/port.ts';
import type { Manifest } from '../../contract/manifest.ts';
import { indicesInTheWay } from '../../domain/restorePlan.ts';

/** Live indices, open or not, by name: those of the prefixes, and others of which a snapshot holds one of the same name. */
export async function readIndicesInTheWay(
  { searchEngine }: CamundaClient,
  manifest: Manifest,
  call: { signal?: AbortSignal },
): Promise<string[]> {
  const prefixes = Object.values(manifest.searchEngine.indexPrefixes);
  const held = manifest.searchEngine.snapshots.flatMap(({ indices }) => indices);
  const others = held.filter((name) => !prefixes.some((prefix) => name.startsWith(prefix)));
  const families = new Set(others.map((name) => name.split('-')[0] ?? name));
  const live = await searchEngine.listIndexStates([...prefixes, ...families], call);
  return indicesInTheWay(
    manifest,
    live.map(({ name }) => name),
  );
}
