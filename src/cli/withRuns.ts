import type { BackupRuns } from './backupRuns.ts';
import type { CliDeps } from './deps.ts';
import { EXIT } from './exitCodes.ts';
import { CommandError } from './failure.ts';

/** Connects for as long as `act` takes. */
export async function withRuns<T>(deps: CliDeps, act: (runs: BackupRuns) => Promise<T>): Promise<T> {
  const runs = await deps.connect();
  try {
    return await act(runs);
  } finally {
    await runs.close();
  }
}

/** Nothing would happen, in silence, where no worker asks for work. */
export async function requireWorkers(runs: BackupRuns): Promise<void> {
  if ((await runs.countWorkers()) > 0) return;
  throw new CommandError({
    code: 'NoWorker',
    message: `no worker asks for work in namespace ${runs.namespace}`,
    operatorAction: 'Start one with `safepoint worker`; then start this again.',
    exitCode: EXIT.unreachable,
  });
}
