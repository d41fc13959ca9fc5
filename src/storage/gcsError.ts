import { SafepointError } from '../contract/errors.ts';
import { deepMessage, describeReason } from './sdkError.ts';
import { storeError, type StoreAction } from './storeError.ts';

/** Fields of a `GaxiosError` that we read; it also has the request with its token, so it is not kept as the cause. */
type GcsFailure = {
  name?: string;
  message?: string;
  code?: string | number;
  status?: number;
  response?: { status?: number; data?: unknown };
};

const lockReasons = new Set(['retentionPolicyNotMet', 'objectUnderActiveHold', 'objectRetentionNotMet']);
const tokenErrors = new Set(['invalid_grant', 'invalid_client', 'unauthorized_client']);

export function toGcsError(action: StoreAction, error: unknown): SafepointError {
  if (error instanceof SafepointError) return error;
  const status = gcsStatus(error);
  const { reason, message } = answerOf(error);
  const { name, code } = error as GcsFailure;
  const refused = status === 401 || status === 403 || (reason !== undefined && tokenErrors.has(reason));
  const locked = reason !== undefined && lockReasons.has(reason);
  return storeError(
    locked ? 'ObjectLocked' : refused ? 'AccessDenied' : 'StoreFailed',
    action,
    describeReason([
      reason ?? (typeof code === 'string' ? code : name),
      status !== undefined && `HTTP ${status}`,
      message ?? deepMessage(error),
    ]),
  );
}

export function gcsStatus(error: unknown): number | undefined {
  const { status, response } = error as GcsFailure;
  return response?.status ?? status;
}

/** A missing bucket answers 404 as well; only its message tells. */
export function isGcsAbsent(error: unknown): boolean {
  return gcsStatus(error) === 404 && !/bucket does not exist/i.test(answerOf(error).message ?? '');
}

/** The API answers `{error: {errors: [{reason}], message}}`, the token server `{error, error_description}`. */
function answerOf(error: unknown): { reason?: string; message?: string } {
  const data = asObject((error as GcsFailure).response?.data);
  if (typeof data['error'] === 'string') {
    return { reason: data['error'], message: asText(data['error_description']) };
  }
  const inner = asObject(data['error']);
  const [first] = Array.isArray(inner['errors']) ? (inner['errors'] as unknown[]) : [];
  return { reason: asText(asObject(first)['reason']), message: asText(inner['message']) };
}

function asObject(value: unknown): Record<string, unknown> {
  if (typeof value === 'string') {
    try {
      return asObject(JSON.parse(value));
    } catch {
      return {};
    }
  }
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
