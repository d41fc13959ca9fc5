import type { CutPart } from '../../src/contract/parts.ts';
import { idInSnapshot } from '../../src/activities/preflight/seenIds.ts';
import type { Dependencies } from '../../src/dependencies.ts';

/** Where Camunda and its search engine still know a backup: parts, and `snapshots` of the repository. */
export async function knownParts({ camunda }: Dependencies, backupId: string): Promise<string[]> {
  const client = camunda('demo');
  const parts: CutPart[] = ['zeebe', 'operate', 'tasklist', 'zeebe-records'];
  const states = await Promise.all(parts.map((part) => client.getBackup(part, backupId)));
  const known: string[] = states.filter(({ kind }) => kind !== 'absent').map(({ part }) => part);
  const snapshots = await client.searchEngine.listSnapshots('camunda_*');
  return snapshots.some(({ name }) => idInSnapshot(name) === backupId) ? [...known, 'snapshots'] : known;
}
