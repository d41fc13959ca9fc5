import type { Stack } from '../../sandbox/stack/stack.ts';

/** The vendor's steps by hand, into a stack that is empty: all index snapshots of the id, then the broker, then everything starts. */
export async function restoreByHand({ camunda, openSearch }: Stack, backupId: string): Promise<void> {
  const snapshots = await openSearch.listSnapshots(openSearch.repository);
  for (const name of snapshots.filter((each) => each.includes(`_${backupId}_`)))
    await openSearch.restoreSnapshot(openSearch.repository, name);
  await camunda.restoreBroker(backupId);
  await camunda.startAll();
}
