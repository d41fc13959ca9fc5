import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';
import { errorCatalogue, SafepointError, type ErrorCode } from '../contract/errors.ts';
import { redact } from './redact.ts';

/** Longest wait between two tries of a step that failed on a passing fault. */
const LONGEST_DELAY_MS = 15_000;

/** Exporting that stays paused costs more than a request, so a resume that can succeed again must be seen soon. */
const LONGEST_RESUME_DELAY_MS = 5_000;

/** Temporal does not take failures of any size, and nobody reads that far. */
const LONGEST_MESSAGE = 20_000;

/**
 * Turns an error of the catalogue into Temporal's form: the code becomes the type, the catalogue says whether the step is
 * tried again. No error takes a secret into a history. The delay grows with the attempt, because the activity options keep their interval short on purpose.
 */
export function activityErrors(): ActivityInboundCallsInterceptor {
  return {
    async execute(input, next) {
      try {
        return await next(input);
      } catch (error) {
        if (!(error instanceof SafepointError)) throw withoutSecrets(error);
        const { retry } = errorCatalogue[error.code];
        throw ApplicationFailure.create({
          type: error.code,
          message: redact(error.message).slice(0, LONGEST_MESSAGE),
          nonRetryable: !retry,
          nextRetryDelay: Math.min(activityInfo().attempt * 1_000, longestDelayMs(error.code)),
        });
      }
    },
  };
}

/** The same error, as Temporal must see it, without what message and stack quote, those of its causes too. */
function withoutSecrets(error: unknown): unknown {
  const seen = new Set<Error>();
  for (let cause = error; cause instanceof Error && !seen.has(cause); cause = cause.cause) {
    seen.add(cause);
    for (const field of ['message', 'stack'] as const) {
      const text = cause[field];
      if (text !== undefined && redact(text) !== text)
        Object.defineProperty(cause, field, { value: redact(text) });
    }
  }
  return error;
}

function longestDelayMs(code: ErrorCode): number {
  return code === 'ResumeNotProven' || code === 'ResumeFailed' ? LONGEST_RESUME_DELAY_MS : LONGEST_DELAY_MS;
}
