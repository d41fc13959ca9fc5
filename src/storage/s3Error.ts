import { SafepointError } from '../contract/errors.ts';
import { deepMessage, describeReason } from './sdkError.ts';
import { storeError, type StoreAction } from './storeError.ts';

const notFoundNames = new Set(['NoSuchKey', 'NotFound']);

/** Fields of an SDK error that we read; network errors have only `code` and `message`. */
type S3Failure = {
  name?: string;
  message?: string;
  code?: string;
  $metadata?: { httpStatusCode?: number; attempts?: number };
};

/**
 * What an error of the SDK means to us. The SDK's own error is not kept as the cause: it carries the request with its
 * signature and session token.
 */
export function toS3Error(action: StoreAction, error: unknown): SafepointError {
  if (error instanceof SafepointError) return error;
  const status = statusOf(error);
  const code = status === 401 || status === 403 ? 'AccessDenied' : 'StoreFailed';
  return storeError(code, action, describe(error, status));
}

/** The condition of a create-only write did not hold: somebody wrote the key before (412) or is at it (409). */
export function isAlreadyThere(error: unknown): boolean {
  const status = statusOf(error);
  return status === 412 || status === 409;
}

export function isAbsent(error: unknown): boolean {
  return error instanceof Error && notFoundNames.has(error.name);
}

/** More than one attempt: an earlier one may have been carried out although its answer was lost. */
export function wasTriedAgain(error: unknown): boolean {
  return ((error as S3Failure).$metadata?.attempts ?? 1) > 1;
}

function statusOf(error: unknown): number | undefined {
  return (error as S3Failure).$metadata?.httpStatusCode;
}

function describe(error: unknown, status: number | undefined): string {
  const { name, code } = error as S3Failure;
  return describeReason([code ?? name, status !== undefined && `HTTP ${status}`, deepMessage(error)]);
}
