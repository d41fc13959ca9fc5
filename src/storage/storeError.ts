import { SafepointError, type ErrorCode } from '../contract/errors.ts';

/** What went wrong where: `could not write s3://bucket/key`. */
export type StoreAction = { store: string; verb: string; location: string };

/** An error of the catalogue that names the store, the action, the location and the reason. */
export function storeError(
  code: ErrorCode,
  action: StoreAction,
  reason: string,
  options?: { cause?: unknown },
): SafepointError {
  return new SafepointError(
    code,
    `store ${action.store}: could not ${action.verb} ${action.location}: ${reason}`,
    options,
  );
}
