import path from 'node:path';
import { startCamunda, type Camunda, type CamundaOptions, type CamundaPorts } from './camunda.ts';
import { startOpenSearch, type OpenSearch } from './opensearch.ts';
import { startPostgres, type Postgres } from './postgres.ts';
import { startSeaweed, type Seaweed } from './seaweed.ts';
import { startTemporal, type Temporal } from './temporal.ts';

export type CamundaClusterOptions = Pick<
  CamundaOptions,
  'dataDir' | 'partitions' | 'exporterFlushDelaySeconds'
> & {
  /** Zeebe's backup store; a promise, so that it may start meanwhile. */
  s3: Promise<Seaweed> | Seaweed;
  ports?: Partial<CamundaPorts & { openSearch: number }>;
};

/** Camunda 8.6 with the search engine that it exports to. */
export interface CamundaCluster {
  openSearch: OpenSearch;
  camunda: Camunda;
  stop(): Promise<void>;
}

export type StackOptions = Omit<CamundaClusterOptions, 's3' | 'dataDir' | 'ports'> & {
  /** Everything is kept under it, and found again by the next start. Default `.sandbox/stack` in the working folder. */
  dataDir?: string;
  /** Those left out are free ones. */
  ports?: Partial<
    CamundaPorts & { openSearch: number; s3: number; postgres: number; temporal: number; temporalUi: number }
  >;
  /** Rows of the Web Modeler database: see `startPostgres`. */
  rows?: number;
};

/** The whole sandbox. */
export interface Stack extends CamundaCluster {
  dataDir: string;
  s3: Seaweed;
  postgres: Postgres;
  temporal: Temporal;
}

/** Starts all servers, side by side as far as they do not need each other. When one fails, the others are stopped. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { rows, ports = {} } = options;
  const dataDir = path.resolve(options.dataDir ?? '.sandbox/stack');
  const s3Start = startSeaweed({ dataDir, port: ports.s3 });
  const [cluster, temporal, postgres, s3] = await allOrNone([
    startCamundaCluster({ ...options, dataDir, s3: s3Start }),
    startTemporal({ dataDir, port: ports.temporal, uiPort: ports.temporalUi }),
    startPostgres({ dataDir, rows, port: ports.postgres }),
    s3Start,
  ]);
  return {
    ...cluster,
    dataDir,
    s3,
    postgres,
    temporal,
    stop: () => stopInOrder([cluster, temporal, postgres, s3]),
  };
}

/** Starts OpenSearch, and then Broker, Operate and Tasklist side by side. */
export async function startCamundaCluster(options: CamundaClusterOptions): Promise<CamundaCluster> {
  const { s3, ports, ...rest } = options;
  const [store, openSearch] = await allOrNone([
    Promise.resolve(s3).then((value) => ({ value, stop: () => Promise.resolve() })), // the caller's, so the caller stops it
    startOpenSearch({ dataDir: options.dataDir, port: ports?.openSearch }),
  ]);
  try {
    const camunda = await startCamunda({ ...rest, openSearch, s3: store.value, ports });
    return { openSearch, camunda, stop: () => stopInOrder([{ stop: () => camunda.stopAll() }, openSearch]) };
  } catch (error) {
    await openSearch.stop();
    throw error;
  }
}

type Stoppable = { stop(): Promise<void> };

/** Like Promise.all for servers, but nothing is left running when one does not start. */
async function allOrNone<T extends Promise<Stoppable>[]>(
  starts: [...T],
): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  const results = await Promise.allSettled(starts);
  if (results.some(({ status }) => status === 'rejected')) {
    await stopInOrder(results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])));
  }
  // All have settled, so this gives the values, or the first error.
  return Promise.all(starts);
}

async function stopInOrder(servers: Stoppable[]): Promise<void> {
  for (const server of servers) await server.stop();
}
