import type { BackupRuns } from './backupRuns.ts';
import type { CliDeps } from './deps.ts';

/** Connects for as long as `act` takes. */
export async function withRuns<T>(deps: CliDeps, act: (runs: BackupRuns) => Promise<T>): Promise<T> {
  const runs = await deps.connect();
  try {
    return await act(runs);
  } finally {
    await runs.close();
  }
}
