import type { RunLookup } from '../../src/system/runs.ts';

/** A Temporal without any open window, in which every run is over. */
export const noRuns: RunLookup = {
  findOpenWindow: () => Promise.resolve(null),
  readRunState: () => Promise.resolve('closed'),
};
