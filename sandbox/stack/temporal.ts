import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { Connection } from '@temporalio/client';
import { fetchPythonPrograms } from './downloads/python.ts';
import { findOnPath, isExecutable } from './findOnPath.ts';
import { freePort } from './ports.ts';
import { startProcess, waitUntilReady, type RunningProcess } from './process.ts';

export type TemporalOptions = {
  /** The log is kept under it. */
  dataDir: string;
  /** File that keeps workflows across restarts of the server. Default: they are kept in memory only. */
  dbFilename?: string;
  /** Port of the gRPC front end. Default: a free one. */
  port?: number;
  /** Port of the web UI. Default: a free one. */
  uiPort?: number;
};

/** A running Temporal development server with its UI, the namespace `default` and the search attributes of Safepoint. */
export interface Temporal {
  /** `host:port` for clients and workers. */
  address: string;
  uiUrl: string;
  namespace: string;
  /** The CLI that runs the server. */
  cliPath: string;
  process: RunningProcess;
  stop(): Promise<void>;
}

const searchAttributes = ['Cluster', 'BackupId', 'Verdict'];
const readyTimeoutMs = 60_000;

/** Starts `temporal server start-dev` on 127.0.0.1; `findTemporalCli` tells which binary. */
export async function startTemporal({
  dataDir,
  dbFilename,
  port,
  uiPort,
}: TemporalOptions): Promise<Temporal> {
  const cliPath = await findTemporalCli();
  const [grpc, ui] = [await freePort(port), await freePort(uiPort)];
  mkdirSync(dataDir, { recursive: true });
  const running = await startProcess({
    name: 'Temporal',
    command: cliPath,
    args: [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(grpc)],
      ...['--ui-port', String(ui), '--ui-ip', '127.0.0.1', '--log-level', 'warn'],
      ...(dbFilename === undefined ? [] : ['--db-filename', dbFilename]),
      ...searchAttributes.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
    ],
    logFile: path.join(dataDir, 'logs', 'temporal.log'),
  });
  const temporal: Temporal = {
    address: `127.0.0.1:${grpc}`,
    uiUrl: `http://127.0.0.1:${ui}`,
    namespace: 'default',
    cliPath,
    process: running,
    stop: () => running.stop(),
  };
  await waitUntilReady(running, readyTimeoutMs, () => answers(temporal));
  return temporal;
}

/**
 * The Temporal CLI, in this order: `TEMPORAL_CLI_PATH`, `temporal` on PATH, the sandbox cache (fetched when it is not there).
 * A `TEMPORAL_CLI_PATH` that cannot be run is an error and does not lead on to the next.
 */
export async function findTemporalCli(): Promise<string> {
  const configured = process.env['TEMPORAL_CLI_PATH'];
  if (configured !== undefined && configured !== '') {
    if (!isExecutable(configured))
      throw new Error(`TEMPORAL_CLI_PATH names ${configured}, which is no program`);
    return configured;
  }
  return findOnPath('temporal') ?? (await fetchPythonPrograms()).temporal;
}

async function answers({ address, uiUrl, namespace }: Temporal): Promise<true | undefined> {
  const connection = await Connection.connect({ address, connectTimeout: '2s' });
  try {
    const listed = await connection.operatorService.listSearchAttributes({ namespace });
    const ui = await fetch(uiUrl);
    return ui.ok && searchAttributes.every((name) => name in listed.customAttributes) ? true : undefined;
  } finally {
    await connection.close();
  }
}
