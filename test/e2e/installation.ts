import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { writeConfig } from '../../sandbox/demo/config.ts';
import { startWorker } from '../../sandbox/demo/product.ts';
import { deploy } from '../../sandbox/load/deploy.ts';
import { startLoad, type LoadStats } from '../../sandbox/load/startLoad.ts';
import { startPlatform, type Platform } from '../../sandbox/platform/platform.ts';
import { startStack, type Stack } from '../../sandbox/stack/stack.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { BackupInput } from '../../src/contract/backup.ts';
import { BACKUP_WORKFLOW, TASK_QUEUE } from '../../src/contract/names.ts';
import { createDependencies, type Dependencies } from '../../src/dependencies.ts';
import { buildKept, type Keeper } from '../support/keeper.ts';

const exporterFlushDelaySeconds = 2;

/** A real Camunda under load, backed up by a `safepoint worker` that is a process of its own, as at an operator's. */
export interface Installation {
  stack: Stack;
  /** Ends the load for good. */
  stopLoad(): Promise<LoadStats>;
  client: Client;
  /** What the worker has as well, for the test's own use. */
  dependencies: Dependencies;
  /** Environment in which `safepoint` and `temporal` find the servers. */
  env: Record<string, string>;
  startBackup(input: BackupInput): Promise<WorkflowHandle>;
  stop(): Promise<void>;
}

/** With rotation every set beyond the newest two is deleted. */
type Options = { rotation: boolean };

/** Nothing is left running when it fails. */
export async function startInstallation(options: Options): Promise<Installation> {
  return await buildKept('e2e', (keeper) => build(keeper, options));
}

async function build({ dataDir, keep, stop }: Keeper, options: Options): Promise<Installation> {
  const stack = await keep(startStack({ dataDir, exporterFlushDelaySeconds }));
  const platform = await keep(startPlatform(stack.camunda));
  const { broker } = stack.camunda;
  await deploy(broker.url);
  const load = startLoad(broker.url, { instancesPerSecond: 8, completionsPerSecond: 4 });
  const { stop: stopLoad } = await keep({ stop: once(() => load.stop()) });

  const env = {
    SAFEPOINT_CONFIG: writeConfig(dataDir, describeStack(stack, platform, options), stack),
    TEMPORAL_ADDRESS: stack.temporal.address,
    TEMPORAL_NAMESPACE: stack.temporal.namespace,
  };
  await keep(startWorker(dataDir, env, stack.temporal));
  const dependencies = createDependencies(loadConfig(env.SAFEPOINT_CONFIG));
  await keep({ stop: () => dependencies.close() });
  const connection = await Connection.connect({ address: stack.temporal.address });
  await keep({ stop: () => connection.close() });
  const client = new Client({ connection, namespace: stack.temporal.namespace });
  let runs = 0;
  return {
    stack,
    stopLoad,
    client,
    dependencies,
    env,
    startBackup: (input) =>
      client.workflow.start(BACKUP_WORKFLOW, {
        taskQueue: TASK_QUEUE,
        workflowId: `backup-e2e-${++runs}`,
        args: [input],
      }),
    stop,
  };
}

/** Every call after the first one gets the answer of the first. */
function once<T>(act: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => (answer ??= act());
}

function describeStack({ camunda, openSearch, dataDir }: Stack, { hooks }: Platform, { rotation }: Options) {
  mkdirSync(path.join(dataDir, 'zeebe-copy'), { recursive: true });
  return {
    urls: {
      zeebe: camunda.broker.managementUrl,
      restApi: camunda.broker.url,
      operate: camunda.operate.managementUrl,
      tasklist: camunda.tasklist.managementUrl,
      searchEngine: openSearch.url,
    },
    settings: {
      exporter: { flushDelay: `${exporterFlushDelaySeconds} s` },
      restore: { hooks },
      ...(rotation && { retention: { keepLast: 2, minComplete: 2, minAge: '0 s', maxShare: 1 } }),
      replicate: {
        zeebe: { from: 'zeebe', to: 'zeebe-copy' },
        snapshots: { from: 'repository', to: 'repository-copy' },
      },
    },
    stores: (s3: Record<string, unknown>) => ({
      zeebe: { ...s3, prefix: '' }, // Camunda writes to the root of the bucket
      'zeebe-copy': { type: 'folder', path: path.join(dataDir, 'zeebe-copy') },
      repository: { type: 'folder', path: openSearch.repositoryDir },
      'repository-copy': { type: 'folder', path: openSearch.copiesDir },
    }),
    description: [],
  };
}
