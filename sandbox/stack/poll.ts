import { setTimeout as sleep } from 'node:timers/promises';

const intervalMs = 100;

/** Asks until there is an answer other than undefined. Errors of `ask` end it at once; so does the timeout. */
export async function poll<T>(
  waitingFor: string,
  timeoutMs: number,
  ask: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`Waited ${timeoutMs / 1000} s for ${waitingFor}`);
    await sleep(intervalMs);
  }
}
