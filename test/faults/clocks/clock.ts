import { writeFileSync } from 'node:fs';
import path from 'node:path';

/** The clock of one worker process. */
export type WorkerClock = {
  /** For `startWorker`. */
  env: Record<string, string>;
  /** Sets it this far off the true time; at once, also while the worker runs. */
  shift(offsetMs: number): void;
};

export function createClock(dir: string, name: string, offsetMs = 0): WorkerClock {
  const file = path.join(dir, `${name}.clock`);
  const preload = new URL('./shiftClock.ts', import.meta.url).href;
  const shift = (offset: number) => {
    writeFileSync(file, String(offset));
  };
  shift(offsetMs);
  return { env: { FAULTS_CLOCK_FILE: file, NODE_OPTIONS: `--import=${preload}` }, shift };
}
