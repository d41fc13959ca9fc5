import type { RestoreEngine } from '../../camunda/restorePort.ts';
import { SafepointError } from '../../contract/errors.ts';
import { pause, stopwatch } from '../../system/waiting.ts';

/** So many that progress shows; the engine spreads each deletion over the cluster before it answers. */
const AT_ONCE = 50;
const POLL_MS = 500;
/** A deletion is seen within moments, also on a busy cluster; what stands longer is made again. */
const GONE_MS = 60_000;

/** Deletes by exact name and looks again, until none is there. Fails with `IndexInTheWay` when one stays or comes back. */
export async function deleteUntilGone(
  engine: RestoreEngine,
  indices: string[],
  report: (details: { progress: string }) => void,
  signal: AbortSignal,
): Promise<void> {
  const elapsedMs = stopwatch();
  for (let there = indices; ;) {
    for (let done = 0; done < there.length; done += AT_ONCE) {
      report({ progress: `${done} of ${there.length} indices deleted` });
      await engine.deleteIndices(there.slice(done, done + AT_ONCE), { signal });
    }
    there = [...new Set((await engine.readRestoringShards(there, { signal })).map(({ index }) => index))];
    if (there.length === 0) return;
    if (elapsedMs() > GONE_MS) {
      const next = 'is there a process of Camunda that still runs?';
      throw new SafepointError(
        'IndexInTheWay',
        `still there after ${GONE_MS / 1000} s of deleting: ${there[0]}; ${next}`,
      );
    }
    await pause(POLL_MS, signal);
  }
}
