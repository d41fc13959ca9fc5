import { heartbeat } from '@temporalio/activity';

const INTERVAL_MS = 2_000;

/**
 * Heartbeats on a timer while the work goes on, with the newest progress line. Not with each byte or answer: a dump that
 * waits for a lock moves nothing and is alive all the same.
 */
export async function withHeartbeats<T>(
  work: (report: (progress: string) => void) => Promise<T>,
): Promise<T> {
  let details: { progress: string } | undefined;
  const timer = setInterval(() => {
    heartbeat(details);
  }, INTERVAL_MS);
  try {
    return await work((progress) => {
      details = { progress };
    });
  } finally {
    clearInterval(timer);
  }
}
