import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

type Stoppable = { stop(): Promise<unknown> };

/** The servers of a test and the folder that they share. */
export interface Keeper {
  dataDir: string;
  /** Takes what was started, or is being started, to be stopped by `stop`. */
  keep: <T extends Stoppable>(starting: T | Promise<T>) => Promise<T>;
  /** Ends everything, the newest first, and deletes the folder. Fails after all have been tried. */
  stop: () => Promise<void>;
}

/** Builds on a new folder; nothing is left running when that fails. */
export async function buildKept<T>(name: string, build: (keeper: Keeper) => Promise<T>): Promise<T> {
  const dataDir = mkdtempSync(path.join(tmpdir(), `safepoint-${name}-`));
  chmodSync(dataDir, 0o755); // PostgreSQL runs as another user where the tests run as root
  const running: Stoppable[] = [];
  const stop = async () => {
    const failures: unknown[] = [];
    for (const each of running.splice(0).toReversed())
      await each.stop().catch((error: unknown) => failures.push(error));
    rmSync(dataDir, { recursive: true, force: true });
    if (failures.length > 0) throw new AggregateError(failures, 'not everything could be stopped');
  };
  const keep = async <S extends Stoppable>(starting: S | Promise<S>): Promise<S> => {
    const started = await starting;
    running.push(started);
    return started;
  };
  try {
    return await build({ dataDir, keep, stop });
  } catch (error) {
    await stop();
    throw error;
  }
}
