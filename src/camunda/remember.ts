import type { CallOptions } from './port.ts';

/**
 * What `load` returned, for `ttlMs`, then anew: a worker lives through upgrades of the cluster. A failure is not kept.
 * Callers don't share a load, because each has its own signal.
 */
export function rememberFor<T>(
  ttlMs: number,
  load: (options?: CallOptions) => Promise<T>,
): (options?: CallOptions) => Promise<T> {
  let kept: { value: T; untilMs: number } | undefined;
  return async (options) => {
    if (kept !== undefined && performance.now() < kept.untilMs) return kept.value;
    const value = await load(options);
    kept = { value, untilMs: performance.now() + ttlMs };
    return value;
  };
}
