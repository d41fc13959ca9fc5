import type { RunLookup } from '../../src/system/runs.ts';

/** The workflow in which `MockActivityEnvironment` carries out activities. */
const MOCK_WORKFLOW = 'test';

/** A Temporal without any open window, in which every run but the asking one is over. */
export const noRuns: RunLookup = {
  findOpenWindow: () => Promise.resolve(null),
  readRunState: ({ workflowId }) => Promise.resolve(workflowId === MOCK_WORKFLOW ? 'running' : 'closed'),
};
