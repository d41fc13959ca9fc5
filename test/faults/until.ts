import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;

/**
 * Polls until the condition gives something truthy, and returns that; fails after `timeoutMs` with what was waited for.
 * The condition may throw while the thing it asks is away: the last error then shows in the failure.
 */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  timeoutMs = 30_000,
): Promise<NonNullable<T>> {
  const deadlineMs = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const seen = await condition();
      if (seen) return seen;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadlineMs)
      throw new Error(`not within ${timeoutMs / 1000} s: ${what}`, { cause: last });
    await sleep(POLL_MS);
  }
}
