import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createActivities } from './activities/index.ts';
import type { Config } from './config/schema.ts';
import { TASK_QUEUE } from './contract/names.ts';
import { createDependencies, type Dependencies } from './dependencies.ts';
import { startMonitoring, type Monitoring } from './monitoring/monitoring.ts';
import { activityErrors } from './system/activityErrors.ts';
import { installRuntime } from './system/logging.ts';
import { requireSearchAttributes } from './system/searchAttributes.ts';
import { ensureSentinel } from './system/sentinelSchedule.ts';
import { loadTemporalConnection } from './system/temporal.ts';
import { workflowCode } from './workflowSource.ts';

/**
 * Runs the worker until SIGTERM or SIGINT. A stop is graceful: running activities get a cancel, and what they had done is
 * taken up by the next worker. Probes are answered from the start until it has ended.
 */
export async function runWorker(config: Config): Promise<void> {
  installRuntime({ metricsAddress: config.metrics?.listen });
  const { metricMeter, logger } = Runtime.instance();
  const dependencies = createDependencies(config, metricMeter);
  const monitoring = await startMonitoring(dependencies, logger);
  try {
    await connectAndRun(config, dependencies, monitoring);
  } finally {
    await dependencies.close();
    await monitoring.stop();
  }
}

async function connectAndRun(
  config: Config,
  dependencies: Dependencies,
  monitoring: Monitoring,
): Promise<void> {
  const { connectionOptions, namespace } = loadTemporalConnection();
  const connection = await NativeConnection.connect(connectionOptions);
  try {
    if (config.temporal.searchAttributes) await requireSearchAttributes(connection, namespace);
    const worker = await Worker.create({
      connection,
      namespace,
      taskQueue: TASK_QUEUE,
      ...workflowCode(),
      activities: createActivities({ ...dependencies, setEnded: monitoring.setEnded }),
      interceptors: { activity: [() => ({ inbound: activityErrors() })] },
      maxCachedWorkflows: 50,
      maxConcurrentActivityTaskExecutions: 100,
      // A cancel travels on heartbeats: this bounds how late it arrives.
      maxHeartbeatThrottleInterval: '1 s',
      shutdownForceTime: '30 s',
    });
    monitoring.follow(worker, connection);
    if (config.sentinel.enabled) await startSentinel(connection, namespace, config.sentinel.every);
    await worker.run();
  } finally {
    await connection.close();
  }
}

/** Backups do not need it, so a namespace that lets us make no schedules is no reason not to start. */
async function startSentinel(
  connection: NativeConnection,
  namespace: string,
  everyMs: number,
): Promise<void> {
  try {
    await ensureSentinel(connection, namespace, everyMs);
  } catch (error) {
    Runtime.instance().logger.error('the schedule of the sentinel could not be made', { error });
  }
}
