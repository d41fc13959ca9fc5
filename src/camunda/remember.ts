import { SafepointError } from '../contract/errors.ts';
import type { CallOptions } from './port.ts';

/** How long what is old goes on counting after a load that failed. */
const STALE_MS = 5_000;

/**
 * What `load` returned, for `ttlMs`, then anew: a worker lives through upgrades of the cluster. A failure is not kept, and
 * where a process does not answer, what is known of it stands: one that is down must not hide what the others offer.
 * Callers don't share a load, because each has its own signal.
 */
export function rememberFor<T>(
  ttlMs: number,
  load: (options?: CallOptions) => Promise<T>,
): (options?: CallOptions) => Promise<T> {
  let kept: { value: T; untilMs: number } | undefined;
  return async (options) => {
    if (kept !== undefined && performance.now() < kept.untilMs) return kept.value;
    try {
      const value = await load(options);
      kept = { value, untilMs: performance.now() + ttlMs };
      return value;
    } catch (error) {
      const isAway = error instanceof SafepointError && error.code === 'EndpointUnreachable';
      if (kept === undefined || !isAway) throw error;
      kept = { ...kept, untilMs: performance.now() + STALE_MS };
      return kept.value;
    }
  };
}
