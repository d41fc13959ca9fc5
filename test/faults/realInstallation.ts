import { readFileSync, writeFileSync } from 'node:fs';
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
import { buildKept, type Keeper } from '../support/keeper.ts';
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
  return await buildKept('real', build);
}

async function build({ dataDir, keep, stop }: Keeper): Promise<RealInstallation> {
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
  await keep({ stop: () => load.stop() });

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
  await keep({ stop: () => dependencies.close() });
  const connection = await Connection.connect({ address: temporal.address });
  await keep({ stop: () => connection.close() });
  const { workflow } = new Client({ connection, namespace: temporal.namespace });

  const workers: WorkerProcess[] = [];
  const startWorker = async () => {
    const worker = await startWorkerProcess(`worker-${workers.length + 1}`, { dataDir, env });
    await keep({ stop: () => worker.kill() });
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
