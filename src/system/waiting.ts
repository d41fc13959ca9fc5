import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits, or ends at once with the reason of the signal. Node's own timer wraps the reason in an AbortError, but Temporal
 * must see its CancelledFailure to know a cancel from a failure.
 */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal });
  } catch (error) {
    throw signal?.aborted === true ? signal.reason : error;
  }
}

/** Aborts with the reason of the signal, that much later. */
export function delayedAbort(signal: AbortSignal, delayMs: number): AbortSignal {
  const later = new AbortController();
  const abort = () => {
    setTimeout(() => {
      later.abort(signal.reason);
    }, delayMs).unref();
  };
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return later.signal;
}

/** A clock that nobody can turn back: milliseconds since it was made. */
export function stopwatch(): () => number {
  const startedMs = performance.now();
  return () => performance.now() - startedMs;
}
