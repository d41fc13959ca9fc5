import type { NativeConnection, Worker } from '@temporalio/worker';

/** Probes wait a few seconds at most; Temporal answers this call in milliseconds. */
const ANSWER_MS = 2_000;

export interface Readiness {
  /** From now on it is about this worker. */
  follow: (worker: Worker, connection: NativeConnection) => void;
  /**
   * What keeps the worker from taking work, in one fixed sentence; `null` when nothing does. Never fails, and ends within
   * two seconds. Who asks at the same moment gets the same answer, so that many of them are one call to Temporal.
   */
  problem: () => Promise<string | null>;
}

export function createReadiness(): Readiness {
  let followed: { worker: Worker; connection: NativeConnection } | undefined;
  let asking: Promise<string | null> | undefined;

  async function ask(): Promise<string | null> {
    if (followed === undefined) return 'the worker is starting';
    const { worker, connection } = followed;
    const answers = worker.getState() === 'RUNNING' && (await temporalAnswers(connection));
    const state = worker.getState(); // it may have been told to stop meanwhile
    if (state !== 'RUNNING') return `the worker is ${state}`;
    return answers ? null : 'Temporal does not answer';
  }

  return {
    follow(worker, connection) {
      followed = { worker, connection };
    },
    problem() {
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      return asking;
    },
  };
}

/** The SDK asks this same question when it connects, so whoever may connect may ask it. */
async function temporalAnswers(connection: NativeConnection): Promise<boolean> {
  try {
    await connection.withDeadline(Date.now() + ANSWER_MS, () => connection.workflowService.getSystemInfo({}));
    return true;
  } catch {
    return false;
  }
}
