import type { HookInput } from '../contract/hooks.ts';

/**
 * What a hook is told. It must be idempotent, for it is run again after a worker that died and in a restore that is started
 * again; it has done its work when it ends well; nobody answers questions. docs/hooks.md says all of it.
 */
export type HookCall = HookInput & {
  /** The run of the workflow; the same when a hook is run again in it. */
  runId: string;
};

export type HookOptions = {
  signal: AbortSignal;
  /** The newest of what it says, cleaned of secrets. */
  onProgress: (line: string) => void;
};

/** Variables of every command hook. */
export function environmentOf({
  hook,
  cluster,
  backupId,
  setCluster,
  runId,
}: HookCall): Record<string, string> {
  return {
    SAFEPOINT_HOOK: hook,
    SAFEPOINT_CLUSTER: cluster,
    SAFEPOINT_BACKUP_ID: backupId,
    SAFEPOINT_SET_CLUSTER: setCluster,
    SAFEPOINT_RUN_ID: runId,
  };
}
