import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { camundaConfig } from './camundaConfig.ts';
import { createApp, javaArguments, type App } from './camundaApp.ts';
import { fetchCamunda } from './downloads/maven.ts';
import { fetchPythonPrograms } from './downloads/python.ts';
import { callJson } from './http.ts';
import type { OpenSearch } from './opensearch.ts';
import { freePort } from './ports.ts';
import type { Seaweed } from './seaweed.ts';

export type CamundaPorts = {
  /** gRPC gateway of the broker. */
  gateway: number;
  /** REST API of the broker. */
  rest: number;
  brokerManagement: number;
  operate: number;
  operateManagement: number;
  tasklist: number;
  tasklistManagement: number;
};

export type CamundaOptions = {
  /** Broker data, configuration and logs are kept under it. */
  dataDir: string;
  openSearch: Pick<OpenSearch, 'url' | 'clusterName' | 'repository'>;
  /** Zeebe's backup store. */
  s3: Pick<Seaweed, 'endpoint' | 'region' | 'bucket' | 'accessKeyId' | 'secretAccessKey'>;
  /** Those left out are free ones. */
  ports?: Partial<CamundaPorts>;
  /** Default 2. */
  partitions?: number;
  /** `bulk.delay` of the exporter: the longest time that records wait for their bulk. Default 2; Camunda's own default is 5. */
  exporterFlushDelaySeconds?: number;
};

/** Broker with gateway, Operate and Tasklist 8.6.0 as three processes, and what a restore needs. No authentication but Operate's and Tasklist's login. */
export interface Camunda {
  version: string;
  broker: App;
  operate: App;
  tasklist: App;
  /** Login of Operate and Tasklist. */
  login: { username: string; password: string };
  grpcAddress: string;
  brokerDataDir: string;
  startAll(): Promise<void>;
  stopAll(): Promise<void>;
  /** Deletes the data of the (stopped) broker, as a restore demands. */
  emptyBrokerData(): void;
  /** Runs the vendor's restore tool and waits for its word that it succeeded. The broker must be stopped and its data empty. */
  restoreBroker(backupId: string | number): Promise<void>;
}

const restoreTimeoutMs = 120_000;
const version = '8.6.0';

/** Prepares the three processes without starting any, fetching Camunda first when it is not in the cache. */
export async function prepareCamunda(options: CamundaOptions): Promise<Camunda> {
  const [home, { java }] = await Promise.all([fetchCamunda(), fetchPythonPrograms()]);
  const ports = await choosePorts(options.ports ?? {});
  const folder = path.resolve(options.dataDir, 'camunda');
  const brokerDataDir = path.join(folder, 'broker-data');
  const configFile = path.join(folder, 'application.yaml');
  const partitions = options.partitions ?? 2;
  mkdirSync(folder, { recursive: true });
  const internal = await freePort();
  const config = camundaConfig({
    openSearch: options.openSearch,
    s3: options.s3,
    brokerDataDir,
    partitions,
    exporterFlushDelaySeconds: options.exporterFlushDelaySeconds ?? 2,
    ports: {
      gateway: ports.gateway,
      rest: ports.rest,
      command: await freePort(),
      internal: await freePort(),
    },
  });
  writeFileSync(configFile, config, { mode: 0o600 });

  const shared = { java, home, configFile, folder, logs: path.join(options.dataDir, 'logs') };
  const broker = createApp({
    ...shared,
    name: 'broker',
    mainClass: 'io.camunda.application.StandaloneBroker',
    profiles: 'broker',
    ports: { http: ports.rest, management: ports.brokerManagement },
    isReady: (url) => allPartitionsLed(url, partitions),
  });
  const operate = createApp({
    ...shared,
    name: 'operate',
    mainClass: 'io.camunda.application.StandaloneOperate',
    profiles: 'operate,auth,standalone',
    ports: { http: ports.operate, management: ports.operateManagement },
    env: await clusterMember('operate', internal),
  });
  const tasklist = createApp({
    ...shared,
    name: 'tasklist',
    mainClass: 'io.camunda.application.StandaloneTasklist',
    profiles: 'tasklist,auth,standalone',
    ports: { http: ports.tasklist, management: ports.tasklistManagement },
    env: await clusterMember('tasklist', internal),
  });
  const apps = [broker, operate, tasklist];
  return {
    version,
    broker,
    operate,
    tasklist,
    login: { username: 'demo', password: 'demo' },
    grpcAddress: `127.0.0.1:${ports.gateway}`,
    brokerDataDir,
    async startAll() {
      await Promise.all(apps.map((app) => app.start()));
    },
    async stopAll() {
      await Promise.all(apps.map((app) => app.stop()));
    },
    emptyBrokerData() {
      if (broker.isRunning()) throw new Error('Stop the broker before its data is deleted');
      rmSync(brokerDataDir, { recursive: true, force: true });
    },
    async restoreBroker(backupId) {
      const args = javaArguments({
        ...shared,
        name: 'restore',
        mainClass: 'io.camunda.zeebe.restore.RestoreApp',
      });
      const { all } = await execa(java, [...args, `--backupId=${backupId}`], {
        all: true,
        timeout: restoreTimeoutMs,
      });
      if (!all.includes('Successfully restored broker from backup')) {
        throw new Error(`The restore tool ended without success: ${all.slice(-2000)}`);
      }
    },
  };
}

/** Like `prepareCamunda`, and starts all three side by side. When one fails, the others are killed. */
export async function startCamunda(options: CamundaOptions): Promise<Camunda> {
  const camunda = await prepareCamunda(options);
  try {
    await camunda.startAll();
  } catch (error) {
    await Promise.all([camunda.broker, camunda.operate, camunda.tasklist].map((app) => app.kill()));
    throw error;
  }
  return camunda;
}

/** Operate and Tasklist join the broker's cluster as gateways; by default both would listen at one port, on all interfaces. */
async function clusterMember(name: string, brokerPort: number): Promise<Record<string, string>> {
  return {
    ZEEBE_GATEWAY_CLUSTER_MEMBERID: name,
    ZEEBE_GATEWAY_CLUSTER_HOST: '127.0.0.1',
    ZEEBE_GATEWAY_CLUSTER_PORT: String(await freePort()),
    ZEEBE_GATEWAY_CLUSTER_INITIALCONTACTPOINTS: `127.0.0.1:${brokerPort}`,
  };
}

async function choosePorts(wanted: Partial<CamundaPorts>): Promise<CamundaPorts> {
  return {
    gateway: await freePort(wanted.gateway),
    rest: await freePort(wanted.rest),
    brokerManagement: await freePort(wanted.brokerManagement),
    operate: await freePort(wanted.operate),
    operateManagement: await freePort(wanted.operateManagement),
    tasklist: await freePort(wanted.tasklist),
    tasklistManagement: await freePort(wanted.tasklistManagement),
  };
}

const Topology = z.object({
  brokers: z.array(z.object({ partitions: z.array(z.object({ role: z.string(), health: z.string() })) })),
});

/** Health alone is not enough: a gateway without partitions is healthy too. */
async function allPartitionsLed(url: string, partitions: number): Promise<boolean> {
  const topology = Topology.parse((await callJson('GET', `${url}/v2/topology`)).body);
  const led = topology.brokers.flatMap((each) => each.partitions);
  return (
    led.filter(({ role, health }) => role.toLowerCase() === 'leader' && health.toLowerCase() === 'healthy')
      .length === partitions
  );
}
