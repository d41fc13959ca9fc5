import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { Duration } from '@temporalio/common';
import type { ParentClosePolicy } from '@temporalio/workflow';
import type { Installation } from '../installation.ts';
import { until } from '../until.ts';

const PARENTS = 'parents';

/** A worker of somebody else, with a workflow that has a backup as its child. */
export interface ParentWorker {
  /** Returns when the backup has started, under this workflow id. `default`: the policy that `backupChild` has by itself. */
  start(
    workflowId: string,
    cluster: string,
    policy: ParentClosePolicy | 'default',
    runTimeout?: Duration,
  ): Promise<WorkflowHandle>;
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
    async start(workflowId, cluster, policy, runTimeout) {
      const parent = await client.workflow.start('parent', {
        taskQueue: PARENTS,
        workflowId: `parent-of-${workflowId}`,
        args: [workflowId, cluster, policy],
        ...(runTimeout !== undefined && { workflowRunTimeout: runTimeout }),
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
