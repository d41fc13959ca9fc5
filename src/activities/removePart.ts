import type { CamundaClient } from '../camunda/port.ts';
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
      const { kind, foreignState } = await client.getBackup(part, backupId, { signal });
      if (kind === 'absent') return sent;
      if (elapsedMs() > goneMs)
        throw new Error(`still there ${goneMs / 1000} s after its deletion (${foreignState})`);
      sent = true;
      if (!accepted) await client.deleteBackup(part, backupId, { signal });
      accepted = true;
    } catch (error) {
      const mayPass = error instanceof SafepointError && errorCatalogue[error.code].retry;
      if (!mayPass || elapsedMs() > goneMs) throw error;
    }
    await pause(POLL_MS, signal);
  }
}
