import type { ErrorCode } from '../contract/errors.ts';

/** Exit codes of `safepoint`, stable for scripts; `--help` shows them. */
export const EXIT = {
  complete: 0,
  failed: 1,
  usage: 2,
  partial: 3,
  busy: 4,
  preflight: 5,
  unreachable: 6,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_CODE_HELP = `
Exit codes:
  0    done; of \`run\`: the backup is complete
  1    the backup, or the command, failed; of \`status\`: something is wrong
  2    wrong usage, config or input; nothing was touched
  3    the backup is partial: usable, but not all that was asked for
  4    the cluster is busy with another backup, or somebody else paused it
  5    preflight found errors, or a restore is refused as it is asked for
  6    Temporal does not answer, or no worker does
  130  interrupted; a run that was started goes on`;

const BY_ERROR: Partial<Record<ErrorCode, ExitCode>> = {
  InvalidInput: EXIT.usage,
  InvalidConfig: EXIT.usage,
  SecretMissing: EXIT.usage,
  BackupIdRefused: EXIT.usage,
  ClusterBusy: EXIT.busy,
  ForeignPause: EXIT.busy,
  PreflightFailed: EXIT.preflight,
  RestoreRefused: EXIT.preflight,
  PlanOutdated: EXIT.preflight,
};

export function exitCodeOf(code: ErrorCode): ExitCode {
  return BY_ERROR[code] ?? EXIT.failed;
}
