import { describe, expect, it } from '@jest/globals';
import { WorkflowFailedError } from '@temporalio/client';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  RetryState,
  TerminatedFailure,
} from '@temporalio/common';
import { EXIT } from '../../src/cli/exitCodes.ts';
import { toFailure } from '../../src/cli/failure.ts';
import { errorCatalogue, SafepointError } from '../../src/contract/errors.ts';

function workflowFailed(cause: Error): WorkflowFailedError {
  return new WorkflowFailedError('Workflow execution failed', cause, RetryState.NON_RETRYABLE_FAILURE);
}

function activityFailed(cause: Error): ActivityFailure {
  return new ActivityFailure(
    'Activity task failed',
    'capturePart',
    '1',
    RetryState.NON_RETRYABLE_FAILURE,
    'w',
    cause,
  );
}

describe('cli/failure: toFailure', () => {
  it('takes the innermost failure that has a code of the catalogue', () => {
    const inner = ApplicationFailure.create({ type: 'PartFailed', message: 'zeebe: disk full' });
    const outer = ApplicationFailure.create({
      type: 'InternalError',
      message: 'wrapped',
      cause: activityFailed(inner),
    });

    const failure = toFailure(workflowFailed(outer));

    expect(failure).toEqual({
      code: 'PartFailed',
      message: 'zeebe: disk full',
      operatorAction: errorCatalogue.PartFailed.operatorAction,
      exitCode: EXIT.failed,
    });
  });

  it.each([
    ['InvalidInput', EXIT.usage],
    ['InvalidConfig', EXIT.usage],
    ['BackupIdRefused', EXIT.usage],
    ['ClusterBusy', EXIT.busy],
    ['PreflightFailed', EXIT.preflight],
    ['WindowLost', EXIT.failed],
  ] as const)('%s ends with exit code %i', (code, exitCode) => {
    expect(toFailure(new SafepointError(code, 'm')).exitCode).toBe(exitCode);
  });

  it.each([
    ['a cancelled run', workflowFailed(new CancelledFailure('cancelled')), 'BackupCancelled', EXIT.failed],
    [
      'a terminated run',
      workflowFailed(new TerminatedFailure('Workflow execution terminated')),
      'RunTerminated',
      EXIT.failed,
    ],
    ['a fault of the command', new TypeError('x is undefined'), 'InternalError', EXIT.failed],
    [
      'a type that only looks like a code',
      Object.assign(new Error('m'), { type: 'toString' }),
      'InternalError',
      EXIT.failed,
    ],
  ])('knows %s', (_kind, error, code, exitCode) => {
    expect(toFailure(error)).toMatchObject({ code, exitCode });
  });
});
