import type { ActivityOptions, LocalActivityOptions } from '@temporalio/workflow';
import type { Budgets } from '../contract/backup.ts';

/**
 * Options of every activity, in one table. What they have in common:
 *  - `WAIT_CANCELLATION_COMPLETED`: the default is TRY_CANCEL, which reports a cancel before the attempt has ended (#2442).
 *  - `backoffCoefficient: 1`: polling retries count as attempts, so a growing interval would punish the recovery after a
 *    crash; the activity itself asks for longer delays by `nextRetryDelay`.
 *  - scheduleToClose is the budget over all attempts, startToClose that of one attempt.
 *  - a heartbeat wherever a dead worker or a cancel must be noticed soon.
 */
const common = { cancellationType: 'WAIT_CANCELLATION_COMPLETED' } as const satisfies ActivityOptions;
const promptly = { initialInterval: '1 s', backoffCoefficient: 1 } as const;

/** Reads the config of the worker only, so it ends within the workflow task. */
export const planOptions: LocalActivityOptions = {
  startToCloseTimeout: '10 s',
  retry: { maximumAttempts: 3 },
};

/** The usual resume takes milliseconds; as a local activity it saves a round trip and five history events. */
export const firstResumeOptions: LocalActivityOptions = {
  startToCloseTimeout: '20 s',
  retry: { maximumAttempts: 1 },
};

/** Never gives up: a cluster whose exporting stays paused fills its disks. */
export const resumeOptions: ActivityOptions = {
  ...common,
  startToCloseTimeout: '2 m', // newer builds poll for up to 60 s before they answer
  heartbeatTimeout: '10 s',
  retry: promptly,
};

export const pauseOptions: ActivityOptions = {
  ...common,
  startToCloseTimeout: '2 m',
  scheduleToCloseTimeout: '5 m',
  heartbeatTimeout: '10 s',
  retry: promptly,
};

export function preflightOptions(budgets: Budgets): ActivityOptions {
  return {
    ...common,
    startToCloseTimeout: budgets.preflightMs,
    scheduleToCloseTimeout: budgets.preflightMs,
    heartbeatTimeout: '20 s',
    retry: promptly,
  };
}

export function captureOptions(budgets: Budgets): ActivityOptions {
  return {
    ...common,
    startToCloseTimeout: '10 m', // a poll loop hands over to retries long before
    scheduleToCloseTimeout: budgets.partMs,
    heartbeatTimeout: '10 s',
    retry: promptly,
  };
}

/** A database or store may be away for some minutes, and a dump that starts anew is no polling: hence the growing interval. */
export function dumpOptions(budgets: Budgets): ActivityOptions {
  return {
    ...common,
    startToCloseTimeout: budgets.dumpMs,
    scheduleToCloseTimeout: budgets.dumpMs,
    heartbeatTimeout: '30 s',
    retry: { initialInterval: '1 s', backoffCoefficient: 2, maximumInterval: '1 m', maximumAttempts: 12 },
  };
}

export function sealOptions(budgets: Budgets): ActivityOptions {
  return {
    ...common,
    startToCloseTimeout: budgets.sealMs,
    scheduleToCloseTimeout: budgets.sealMs,
    heartbeatTimeout: '30 s',
    retry: promptly,
  };
}

/** Goes on where it was, so an attempt costs little; a store that never answers ends it within an hour or so all the same. */
export function replicateOptions(budgetMs: number): ActivityOptions {
  return {
    ...common,
    startToCloseTimeout: budgetMs,
    scheduleToCloseTimeout: budgetMs,
    heartbeatTimeout: '30 s',
    retry: { ...promptly, maximumAttempts: 200 },
  };
}

/** Looks at every cluster; one that does not answer costs its own timeouts only. */
export const sentinelOptions: ActivityOptions = {
  ...common,
  startToCloseTimeout: '2 m',
  heartbeatTimeout: '10 s', // while one is at it no other is started, also by a worker that has just come back
  retry: { ...promptly, maximumAttempts: 3 },
};

/** What tidies up after a failure may not hold up the end of the run for long. */
export const afterFailureOptions: ActivityOptions = {
  ...common,
  startToCloseTimeout: '30 s',
  scheduleToCloseTimeout: '2 m',
  retry: promptly,
};

/** Nothing waits for a deletion, and a store or Camunda may be away for minutes. */
export const deletionOptions: ActivityOptions = {
  ...common,
  startToCloseTimeout: '30 m',
  scheduleToCloseTimeout: '1 h',
  heartbeatTimeout: '30 s',
  retry: { initialInterval: '1 s', backoffCoefficient: 2, maximumInterval: '1 m' },
};

/** What is not gone by then goes with a later rotation. */
export const partDeletionOptions: ActivityOptions = {
  ...deletionOptions,
  startToCloseTimeout: '10 m',
  scheduleToCloseTimeout: '10 m',
};

export const chooseSetsOptions: ActivityOptions = {
  ...common,
  startToCloseTimeout: '5 m',
  heartbeatTimeout: '30 s',
  retry: { ...promptly, maximumAttempts: 10 },
};

/** Dumps are read back whole; a read that is broken off starts over. */
export const verifyOptions: ActivityOptions = {
  ...common,
  startToCloseTimeout: '12 h',
  scheduleToCloseTimeout: '24 h',
  heartbeatTimeout: '30 s',
  retry: { initialInterval: '1 s', backoffCoefficient: 2, maximumInterval: '1 m', maximumAttempts: 12 },
};

/** Looks only; a store or search engine that is away for longer than this is a reason to look again by hand. */
export const planRestoreOptions: ActivityOptions = {
  ...common,
  startToCloseTimeout: '10 m',
  heartbeatTimeout: '30 s',
  retry: { ...promptly, maximumAttempts: 10 },
};

/**
 * Indices and dumps may take hours; a step that is tried again goes on, or starts over without harm. Once indices are deleted,
 * giving up costs most, and a search engine that restarts may be away for minutes. One that refuses connections is tried for
 * ten minutes: of the 47 waits between 48 attempts the first 15 take 1 s to 15 s, 120 s in all, and 32 take 15 s, 480 s.
 */
export const restoreStepOptions: ActivityOptions = {
  ...common,
  startToCloseTimeout: '12 h',
  scheduleToCloseTimeout: '24 h',
  heartbeatTimeout: '30 s',
  retry: { initialInterval: '1 s', backoffCoefficient: 2, maximumInterval: '15 s', maximumAttempts: 48 },
};

/** A hook has its own time limit; this one is for a worker that died. */
export const runHookOptions: ActivityOptions = {
  ...restoreStepOptions,
  retry: { initialInterval: '5 s', backoffCoefficient: 2, maximumAttempts: 3 },
};

/** Looked at again until nobody answers any more. */
export const stoppedOptions: ActivityOptions = {
  ...common,
  startToCloseTimeout: '1 m',
  scheduleToCloseTimeout: '10 m',
  heartbeatTimeout: '30 s',
  retry: promptly,
};

/** Looked at again until all of it is up: Operate reads what Zeebe exports again. */
export const provingOptions: ActivityOptions = {
  ...common,
  startToCloseTimeout: '5 m',
  scheduleToCloseTimeout: '1 h',
  heartbeatTimeout: '30 s',
  retry: { initialInterval: '2 s', backoffCoefficient: 1 },
};
