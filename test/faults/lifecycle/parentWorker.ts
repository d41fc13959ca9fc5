import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { ParentClosePolicy } from '@temporalio/workflow';
import { TASK_QUEUE } from '../../../src/contract/names.ts';
import type { Installation } from '../installation.ts';
import { until } from '../until.ts';

const PARENTS = 'parents';

/** A worker of somebody else, with a workflow that has a backup as its child. */
export interface ParentWorker {
  /** Returns when the backup has started, under this workflow id. */
  start(workflowId: string, cluster: string, policy: ParentClosePolicy): Promise<WorkflowHandle>;
  stop(): Promise<void>;
}

export async function startParentWorker({ client, temporal }: Installation): Promise<ParentWorker> {
  const logger = new DefaultLogger('ERROR');
  Runtime.install({ logger });
  const workflowsPath = fileURLToPath(new URL('./parentWorkflow.ts', import.meta.url));
  const connection = await NativeConnection.connect({ address: temporal.address });
  const worker = await Worker.create({
    connection,
    namespace: temporal.namespace,
    taskQueue: PARENTS,
    workflowBundle: await bundleWorkflowCode({ workflowsPath, logger }),
  });
  const working = worker.run();
  return {
    async start(workflowId, cluster, policy) {
      const parent = await client.workflow.start('parent', {
        taskQueue: PARENTS,
        workflowId: `parent-of-${workflowId}`,
        args: [TASK_QUEUE, workflowId, cluster, policy],
      });
      await until(`${workflowId} has started`, () => client.workflow.getHandle(workflowId).describe());
      return parent;
    },
    async stop() {
      worker.shutdown();
      await working;
      await connection.close();
    },
  };
}
