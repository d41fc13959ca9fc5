import type { CallOptions, CamundaClient } from '../camunda/port.ts';
import { errorCatalogue, SafepointError } from '../contract/errors.ts';
import type { CutPart } from '../contract/parts.ts';
import { pause, stopwatch } from '../system/waiting.ts';

const POLL_MS = 200;

/**
 * Deletes a part and waits until Camunda no longer knows it, as its deletions are carried out later than they are answered. One
 * that is not answered is asked for again. Whether there was anything to remove; fails when it is still there after `goneMs`.
 */
export async function removePart(
  client: CamundaClient,
  part: CutPart,
  backupId: string,
  { goneMs, signal }: { goneMs: number; signal?: AbortSignal },
): Promise<boolean> {
  const elapsedMs = stopwatch();
  let sent = false;
  let accepted = false;
  for (;;) {
    try {
      const found = await findPart(client, part, backupId, { signal });
      if (found === null) return sent;
      if (elapsedMs() > goneMs)
        throw new Error(`still there ${goneMs / 1000} s after its deletion (${found.seen})`);
      sent = true;
      if (!accepted) await found.remove();
      accepted = true;
    } catch (error) {
      const mayPass = error instanceof SafepointError && errorCatalogue[error.code].retry;
      if (!mayPass || elapsedMs() > goneMs) throw error;
    }
    await pause(POLL_MS, signal);
  }
}

type FoundPart = { seen: string; remove: () => Promise<void> };

async function findPart(
  client: CamundaClient,
  part: CutPart,
  backupId: string,
  options: CallOptions,
): Promise<FoundPart | null> {
  if (!(await client.hasPart(part, options))) return await findSnapshots(client, part, backupId, options);
  const { kind, foreignState } = await client.getBackup(part, backupId, options);
  if (kind === 'absent') return null;
  return { seen: foreignState, remove: () => client.deleteBackup(part, backupId, options) };
}

/**
 * Of an application that left the config, or this version of Camunda, nobody deletes the backup any more. It is its snapshots,
 * which have the id in their names (`camunda_operate_1732600000_8.7.3_part_1_of_6`).
 */
async function findSnapshots(
  { searchEngine }: CamundaClient,
  part: CutPart,
  backupId: string,
  options: CallOptions,
): Promise<FoundPart | null> {
  const snapshots = await searchEngine.listSnapshots(`camunda_${part}_${backupId}_*`, options);
  const names = snapshots.map(({ name }) => name);
  if (names.length === 0) return null;
  return {
    seen: names.join(', '),
    async remove() {
      for (const name of names) await searchEngine.removeSnapshot(name, options);
    },
  };
}
