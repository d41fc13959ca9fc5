import {
  DELETE_SET_WORKFLOW,
  deleteSetWorkflowId,
  RETAIN_WORKFLOW,
  retainWorkflowId,
  TASK_QUEUE,
  VERIFY_WORKFLOW,
} from '../src/contract/names.ts';
import type { Lab, Server, startLab } from '../test/workflows/lab.ts';

type Options = Parameters<typeof startLab>[1];

const options: Options = {
  simulator: { profile: '8.8' },
  adapt: (cluster) => ({ ...cluster, retention: { keepLast: 1, minComplete: 1, minAge: '0 s' } }),
};

/** Runs that follow a backup or look at what it left, for `recordHistories.ts`. */
export const rotationCases = [
  {
    name: 'complete-retained',
    options,
    async run(lab: Lab): Promise<string> {
      const handle = await lab.start({ cluster: 'demo' });
      await handle.result();
      return handle.workflowId;
    },
  },
  {
    name: 'one-deleted',
    type: RETAIN_WORKFLOW,
    options,
    async run(lab: Lab, server: Server): Promise<string> {
      await takeTwo(lab, server);
      return retainWorkflowId('demo');
    },
  },
  {
    name: 'deleted',
    type: DELETE_SET_WORKFLOW,
    options,
    run: async (lab: Lab, server: Server) => deleteSetWorkflowId('demo', await takeTwo(lab, server)),
  },
  {
    name: 'refused',
    type: DELETE_SET_WORKFLOW,
    options,
    async run(lab: Lab, server: Server): Promise<string> {
      const { backupId } = await lab.run();
      return await end(server, DELETE_SET_WORKFLOW, { cluster: 'demo', backupId });
    },
  },
  ...(['whole', 'damaged'] as const).map((name) => ({
    name,
    type: VERIFY_WORKFLOW,
    options,
    async run(lab: Lab, server: Server): Promise<string> {
      await lab.run();
      if (name === 'damaged') lab.simulator.faults.add({ on: 'GET zeebe status', answer: { status: 404 } });
      return await end(server, VERIFY_WORKFLOW, { cluster: 'demo' });
    },
  })),
];

/** Two backups, of which the first was deleted; its id. */
async function takeTwo(lab: Lab, { client }: Server): Promise<string> {
  const first = await lab.run();
  await client.workflow.getHandle(retainWorkflowId('demo')).result();
  await lab.run();
  await client.workflow.getHandle(retainWorkflowId('demo')).result();
  return first.backupId;
}

async function end({ client }: Server, type: string, input: object): Promise<string> {
  const workflowId = `${type}-recorded`;
  const handle = await client.workflow.start(type, { taskQueue: TASK_QUEUE, workflowId, args: [input] });
  await handle.result().catch(() => undefined);
  return workflowId;
}
