import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { parse, stringify } from 'yaml';
import { writeConfig } from '../../sandbox/demo/config.ts';
import { deploy } from '../../sandbox/load/deploy.ts';
import { startLoad } from '../../sandbox/load/startLoad.ts';
import type { Camunda } from '../../sandbox/stack/camunda.ts';
import { startOpenSearch, type OpenSearch } from '../../sandbox/stack/opensearch.ts';
import { startPostgres } from '../../sandbox/stack/postgres.ts';
import { startSeaweed } from '../../sandbox/stack/seaweed.ts';
import { startCamundaCluster } from '../../sandbox/stack/stack.ts';
import { startTemporal } from '../../sandbox/stack/temporal.ts';
import type { CamundaClient } from '../../src/camunda/port.ts';
import { loadConfig } from '../../src/config/load.ts';
import { BACKUP_WORKFLOW, TASK_QUEUE, windowWorkflowId } from '../../src/contract/names.ts';
import { createDependencies } from '../../src/dependencies.ts';
import type { ObjectStore } from '../../src/storage/port.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcpProxy.ts';
import { startWorkerProcess, type WorkerProcess } from './workerProcess.ts';

const FLUSH_DELAY_SECONDS = 2;
/** Short, so that what is lost shows soon; the parts of this small cluster take seconds. */
const STALL = '25 s';
/** After a lost set the components are waited for as long as 60 % of it; on a busy machine they take minutes to start. */
const PREFLIGHT = '6 m';

/** A real Camunda 8.6.0 under load whose processes can be killed and started again. */
export interface RealInstallation {
  camunda: Camunda;
  openSearch: OpenSearch;
  /** On the way from the broker to its backup store only; the sets of Safepoint go another way. */
  zeebeS3: TcpProxy;
  client: CamundaClient;
  store: ObjectStore;
  startBackup(): Promise<WorkflowHandle>;
  window(): WorkflowHandle;
  worker(): WorkerProcess;
  startWorker(): Promise<WorkerProcess>;
  /** Same data, same address. */
  restartOpenSearch(): Promise<void>;
  stop(): Promise<void>;
}

/** Nothing is left running when it fails. */
export async function startRealInstallation(): Promise<RealInstallation> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'safepoint-real-'));
  chmodSync(dataDir, 0o755); // PostgreSQL runs as another user where the tests run as root
  const running: { stop(): Promise<unknown> }[] = [];
  const keep = async <T extends { stop(): Promise<unknown> }>(starting: Promise<T>): Promise<T> => {
    const started = await starting;
    running.push(started);
    return started;
  };
  const stop = async () => {
    const failures: unknown[] = [];
    for (const each of running.splice(0).toReversed())
      await each.stop().catch((error: unknown) => failures.push(error));
    rmSync(dataDir, { recursive: true, force: true });
    if (failures.length > 0) throw new AggregateError(failures, 'not everything could be stopped');
  };
  try {
    return await build(dataDir, keep, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function build(
  dataDir: string,
  keep: <T extends { stop(): Promise<unknown> }>(starting: Promise<T>) => Promise<T>,
  stop: () => Promise<void>,
): Promise<RealInstallation> {
  const s3 = await keep(startSeaweed({ dataDir }));
  const postgres = await keep(startPostgres({ dataDir }));
  const temporal = await keep(startTemporal({ dataDir }));
  const zeebeS3 = await keep(startTcpProxy({ target: Number(new URL(s3.endpoint).port) }));
  const { camunda, openSearch } = await keep(
    startCamundaCluster({
      dataDir,
      s3: { ...s3, endpoint: `http://${zeebeS3.address}` },
      exporterFlushDelaySeconds: FLUSH_DELAY_SECONDS,
    }),
  );
  await deploy(camunda.broker.url);
  const load = startLoad(camunda.broker.url, { instancesPerSecond: 4, completionsPerSecond: 2 });
  await keep(Promise.resolve({ stop: () => load.stop() }));

  const settings = {
    exporter: { flushDelay: `${FLUSH_DELAY_SECONDS} s` },
    budgets: { stall: STALL, preflight: PREFLIGHT },
  };
  const urls = {
    zeebe: camunda.broker.managementUrl,
    restApi: camunda.broker.url,
    operate: camunda.operate.managementUrl,
    tasklist: camunda.tasklist.managementUrl,
    searchEngine: openSearch.url,
  };
  const file = writeConfig(dataDir, { urls, settings, description: [] }, { s3, postgres, temporal });
  const config = parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  writeFileSync(file, stringify({ ...config, sentinel: { enabled: false } })); // it would hide who failed to resume
  const env = {
    SAFEPOINT_CONFIG: file,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
  };
  const dependencies = createDependencies(loadConfig(file));
  await keep(Promise.resolve({ stop: () => dependencies.close() }));
  const connection = await Connection.connect({ address: temporal.address });
  await keep(Promise.resolve({ stop: () => connection.close() }));
  const { workflow } = new Client({ connection, namespace: temporal.namespace });

  const workers: WorkerProcess[] = [];
  const startWorker = async () => {
    const worker = await startWorkerProcess(`worker-${workers.length + 1}`, { dataDir, env });
    await keep(Promise.resolve({ stop: () => worker.kill() }));
    workers.push(worker);
    return worker;
  };
  await startWorker();
  let current = openSearch;
  let runs = 0;
  return {
    camunda,
    get openSearch() {
      return current;
    },
    zeebeS3,
    client: dependencies.camunda('demo'),
    store: dependencies.store('main'),
    startBackup: () =>
      workflow.start(BACKUP_WORKFLOW, {
        taskQueue: TASK_QUEUE,
        workflowId: `run-${++runs}`,
        args: [{ cluster: 'demo' }],
      }),
    window: () => workflow.getHandle(windowWorkflowId('demo')),
    worker: () => {
      const last = workers.at(-1);
      if (last === undefined) throw new Error('no worker was started');
      return last;
    },
    startWorker,
    async restartOpenSearch() {
      await current.process.kill('SIGKILL');
      current = await keep(startOpenSearch({ dataDir, port: Number(new URL(openSearch.url).port) }));
    },
    stop,
  };
}
