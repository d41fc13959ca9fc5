import { activityInfo, heartbeat } from '@temporalio/activity';

const INTERVAL_MS = 1_000;

/**
 * Heartbeats on a timer while the work goes on, with the details that were reported last; changes to that object go along.
 * Not with each byte or answer: a dump that waits for a lock, or a request that takes its time, is alive all the same, and
 * must hear of a cancel.
 */
export async function withHeartbeats<T>(
  work: (report: (details: { progress: string }) => void) => Promise<T>,
): Promise<T> {
  let details: unknown = activityInfo().heartbeatDetails; // what the attempt before left, until there is news
  const timer = setInterval(() => {
    heartbeat(details);
  }, INTERVAL_MS);
  try {
    return await work((newest) => {
      details = newest;
    });
  } finally {
    clearInterval(timer);
  }
}
