import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  ChildWorkflowFailure,
  isCancellation,
  TimeoutFailure,
} from '@temporalio/workflow';
import { errorCatalogue, type ErrorCode } from '../contract/errors.ts';

/**
 * Runs a workflow so that it always closes: any error that is not Temporal's own would fail the workflow task for ever
 * and keep the run, and with it the lock of the cluster, open. What people read first is the innermost cause.
 */
export async function closeOnError<T>(story: () => Promise<T>, cancelled?: CancelCode): Promise<T> {
  try {
    return await story();
  } catch (error) {
    if (!wasCancelled(error)) throw toFailure(error, cancelled);
    if (isCancellation(error)) throw error; // the run ends as cancelled
    throw new CancelledFailure('cancelled while a step failed', [], error as Error);
  }
}

/**
 * Also by a step that failed after it was told to stop: Temporal does not try it again, be it that its worker died or that
 * Camunda did not answer, and what it failed with is not why the run ends.
 */
export function wasCancelled(error: unknown): boolean {
  if (!CancellationScope.current().consideredCancelled) return false;
  return (
    isCancellation(error) || (error instanceof ActivityFailure && error.retryState === 'CANCEL_REQUESTED')
  );
}

/** What a run is called that ends because it, or what it waited for, was cancelled. */
const CANCELLED = {
  BackupCancelled: 'the run was cancelled; exporting was resumed',
  RestoreCancelled: 'the restore was cancelled',
  DrillCancelled: 'the drill was cancelled',
} as const satisfies Partial<Record<ErrorCode, string>>;
type CancelCode = keyof typeof CANCELLED;

/** Why a run ends, for its record. */
export function describeEnd(error: unknown, cancelled: CancelCode): { code: string; message: string } {
  if (wasCancelled(error)) return { code: cancelled, message: CANCELLED[cancelled] };
  const { type, message } = toFailure(error, cancelled);
  return { code: type ?? 'InternalError', message };
}

/** The innermost named cause as a failure that is not tried again; `InternalError` for what has no name. */
export function toFailure(error: unknown, cancelled: CancelCode = 'BackupCancelled'): ApplicationFailure {
  const cause = innermost(error);
  if (cause instanceof ApplicationFailure && cause.type === 'BackupInProgress') {
    return fail(
      'PartStalled',
      `not complete within its budget; the last that was seen: ${cause.message}`,
      error,
    );
  }
  if (cause instanceof ApplicationFailure && isErrorCode(cause.type))
    return fail(cause.type, cause.message, error);
  if (cause instanceof TimeoutFailure) return fail(codeOfTimeout(error), describeTimeout(error), error);
  if (isCancellation(error)) return fail(cancelled, CANCELLED[cancelled], error);
  return fail('InternalError', cause instanceof Error ? cause.message : String(cause), error);
}

/** Temporal does not take failures of any size: the workflow task would be tried for ever. */
const LONGEST_MESSAGE = 20_000;

export function fail(code: ErrorCode, message: string, cause?: unknown): ApplicationFailure {
  return ApplicationFailure.create({
    type: code,
    message: message.slice(0, LONGEST_MESSAGE),
    nonRetryable: true,
    ...(cause instanceof Error ? { cause } : {}),
  });
}

export function isErrorCode(type: string | null | undefined): type is ErrorCode {
  return typeof type === 'string' && Object.hasOwn(errorCatalogue, type);
}

function innermost(error: unknown): unknown {
  let current = error;
  while (
    (current instanceof ActivityFailure || current instanceof ChildWorkflowFailure) &&
    current.cause !== undefined
  ) {
    current = current.cause;
  }
  if (current instanceof TimeoutFailure && current.cause instanceof ApplicationFailure) return current.cause;
  return current;
}

/** A dump hangs for reasons of the database, such as a lock; of the rest no reason is known. */
function codeOfTimeout(error: unknown): ErrorCode {
  const step = error instanceof ActivityFailure ? error.activityType : '';
  if (step.startsWith('replicate')) return 'ReplicaFailed';
  return step === 'dumpDatabase' ? 'DumpFailed' : 'InternalError';
}

function describeTimeout(error: unknown): string {
  const step = error instanceof ActivityFailure ? error.activityType : 'a step';
  return `${step} did not end within its budget; raise the budget in the config or look why it hangs`;
}
