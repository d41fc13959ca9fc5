import type { PartStatus } from '../contract/parts.ts';
import { SafepointError } from '../contract/errors.ts';
import type { CallOptions, KnownBackup, TriggerAnswer } from './port.ts';

/** One part of the cut: the same three questions, whatever component answers. */
export interface PartClient {
  start(backupId: string, options?: CallOptions): Promise<TriggerAnswer>;
  get(backupId: string, options?: CallOptions): Promise<PartStatus>;
  list(options?: CallOptions): Promise<KnownBackup[]>;
}

/** A trigger may hold its answer back until the component has looked into its store. */
export const TRIGGER_TIMEOUT_MS = 30_000;

/** The id as a JSON number of any length; ids may pass 2^53. */
export function backupIdBody(backupId: string): string {
  return `{"backupId":${checkBackupId(backupId)}}`;
}

export function checkBackupId(backupId: string): string {
  if (/^[1-9]\d*$/.test(backupId)) return backupId;
  throw new SafepointError(
    'InvalidInput',
    `backup id "${backupId}" is no positive integer; give decimal digits`,
  );
}
