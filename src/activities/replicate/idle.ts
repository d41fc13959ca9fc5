import { activityInfo, cancellationSignal } from '@temporalio/activity';
import type { CamundaClient } from '../../camunda/port.ts';
import { SafepointError } from '../../contract/errors.ts';
import type { RunLookup } from '../../system/runs.ts';
import { pause } from '../../system/waiting.ts';

const FIRST_POLL_MS = 250;
const LONGEST_POLL_MS = 5_000;
/** Before the budget is over, so that it ends with the reason and not as a time-out. */
const MARGIN_MS = 20_000;

export type IdleDeps = { camunda: CamundaClient; runs: RunLookup };

/** What writes to the repository, or soon will, in one sentence; `null` when nobody does. */
export async function findWriter({ camunda, runs }: IdleDeps, cluster: string): Promise<string | null> {
  const running = await camunda.searchEngine.listRunningSnapshots({ signal: cancellationSignal() });
  if (running.length > 0) return `snapshots run: ${running.join(', ')}`;
  return (await runs.findOpenWindow(cluster))?.seen ?? null; // between two of its parts no snapshot runs
}

/** Waits until nobody writes to the repository. Fails with `RepositoryBusy` when the budget of the activity ends first. */
export async function waitUntilIdle(
  deps: IdleDeps,
  cluster: string,
  report: (details: { progress: string }) => void,
): Promise<void> {
  const { scheduledTimestampMs, scheduleToCloseTimeoutMs } = activityInfo();
  const deadlineMs = scheduledTimestampMs + scheduleToCloseTimeoutMs - MARGIN_MS;
  for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(2 * pollMs, LONGEST_POLL_MS)) {
    const writer = await findWriter(deps, cluster);
    if (writer === null) return;
    report({ progress: `snapshots: waiting, ${writer}` });
    if (Date.now() > deadlineMs)
      throw new SafepointError(
        'RepositoryBusy',
        `the repository was never idle within the budget: ${writer}`,
      );
    await pause(pollMs, cancellationSignal());
  }
}
