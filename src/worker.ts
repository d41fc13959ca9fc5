import { NativeConnection, Worker } from '@temporalio/worker';
import { createActivities } from './activities/index.ts';
import type { Config } from './config/schema.ts';
import { TASK_QUEUE } from './contract/names.ts';
import { createDependencies } from './dependencies.ts';
import { activityErrors } from './system/activityErrors.ts';
import { installLogging } from './system/logging.ts';
import { requireSearchAttributes } from './system/searchAttributes.ts';
import { loadTemporalConnection } from './system/temporal.ts';
import { workflowSource } from './workflowSource.ts';

/**
 * Runs the worker until SIGTERM or SIGINT. A stop is graceful: running activities get a cancel, and what they had done is
 * taken up by the next worker.
 */
export async function runWorker(config: Config): Promise<void> {
  installLogging();
  const { connectionOptions, namespace } = loadTemporalConnection();
  const connection = await NativeConnection.connect(connectionOptions);
  const dependencies = createDependencies(config);
  try {
    if (config.temporal.searchAttributes) await requireSearchAttributes(connection, namespace);
    const worker = await Worker.create({
      connection,
      namespace,
      taskQueue: TASK_QUEUE,
      ...workflowSource(),
      activities: createActivities(dependencies),
      interceptors: { activity: [() => ({ inbound: activityErrors() })] },
      maxCachedWorkflows: 50,
      maxConcurrentActivityTaskExecutions: 100,
      // A cancel travels on heartbeats: this bounds how late it arrives.
      maxHeartbeatThrottleInterval: '1 s',
      shutdownForceTime: '30 s',
    });
    await worker.run();
  } finally {
    await dependencies.close();
    await connection.close();
  }
}
