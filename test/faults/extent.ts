import { it } from '@jest/globals';

/** `npm run faults` runs everything; `npm test` leaves out what takes minutes. */
export const isFull = process.env.SAFEPOINT_FAULTS === 'all';

/** A test that only the full run has; its title says so where it is skipped. */
export function itInFull(title: string, run: () => Promise<void>, timeoutMs: number): void {
  if (isFull) it(title, run, timeoutMs);
  else it.skip(`${title} [npm run faults]`, run, timeoutMs);
}
