import { describe, expect, it } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { SafepointError } from '../../src/contract/errors.ts';
import { activityErrors } from '../../src/system/activityErrors.ts';
import { restoreStepOptions } from '../../src/workflows/activityOptions.ts';
import { activityEnvironment, runActivity } from '../support/runActivity.ts';

/** What Temporal is asked to wait after an attempt that was refused a connection, in milliseconds. */
async function waitAfter(attempt: number): Promise<number> {
  const refused = () => Promise.reject(new SafepointError('EndpointUnreachable', 'connection refused'));
  const execute = activityErrors().execute?.bind(undefined);
  const failure = await runActivity(
    async () => await execute?.({ args: [], headers: {} }, refused),
    activityEnvironment({ attempt }),
  ).catch((error: unknown) => error);
  return failure instanceof ApplicationFailure ? Number(failure.nextRetryDelay) : NaN;
}

describe('workflows/activityOptions: a step of a restore', () => {
  it('is tried for ten minutes where connections are refused, as a search engine that restarts needs', async () => {
    const attempts = restoreStepOptions.retry?.maximumAttempts ?? 0;

    const waits = await Promise.all(Array.from({ length: attempts - 1 }, (_, index) => waitAfter(index + 1)));

    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBe(10 * 60_000);
    expect(Math.max(...waits)).toBe(15_000);
  });
});
