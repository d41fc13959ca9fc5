import { SafepointError } from '../contract/errors.ts';
import { deepMessage, describeReason } from './sdkError.ts';
import { storeError, type StoreAction } from './storeError.ts';

/** Fields of a `RestError` that we read; it also has the request with its signature, so it is not kept as the cause. */
type AzureFailure = { name?: string; code?: string; statusCode?: number; message?: string };

export function toAzureError(action: StoreAction, error: unknown): SafepointError {
  if (error instanceof SafepointError) return error;
  const { name, code, statusCode } = error as AzureFailure;
  const refused = statusCode === 401 || statusCode === 403 || name === 'AuthenticationError';
  const locked = code?.startsWith('BlobImmutableDueTo') === true;
  const [firstLine] = deepMessage(error).split(/\r?\n(?:RequestId|Time):/);
  return storeError(
    locked ? 'ObjectLocked' : refused ? 'AccessDenied' : 'StoreFailed',
    action,
    describeReason([code ?? name, statusCode !== undefined && `HTTP ${statusCode}`, firstLine]),
  );
}

export function isAzureAbsent(error: unknown): boolean {
  const { statusCode, code } = error as AzureFailure;
  return statusCode === 404 && code !== 'ContainerNotFound';
}

/** The condition of a create-only write did not hold. */
export function isAzureAlreadyThere(error: unknown): boolean {
  const { statusCode, code } = error as AzureFailure;
  return (statusCode === 409 && code === 'BlobAlreadyExists') || statusCode === 412;
}
