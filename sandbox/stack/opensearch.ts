import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { portNumbers } from 'get-port';
import { stringify } from 'yaml';
import { z } from 'zod';
import { fetchOpenSearch } from './downloads/maven.ts';
import { callJson, callJsonOk } from './http.ts';
import { freePort } from './ports.ts';
import { keptSecret } from './secrets.ts';
import { startProcess, waitUntilReady, type RunningProcess } from './process.ts';
import { findSystemJava } from './systemJava.ts';

export type OpenSearchOptions = {
  /** Indices, snapshots and log are kept under it. */
  dataDir: string;
  /** HTTP port, 9201 to 9299: the runner takes no other. Default: a free one of them. */
  port?: number;
};

/** A running OpenSearch node with the snapshot repository `camunda` on the file system. No authentication. */
export interface OpenSearch {
  url: string;
  clusterName: string;
  /** Name of the registered snapshot repository. */
  repository: string;
  /** Folder of the repository. */
  repositoryDir: string;
  /** An empty folder in which copies of the repository can be registered. */
  copiesDir: string;
  process: RunningProcess;
  /** Names of all indices that match one of the patterns (`*` as wildcard), sorted. */
  listIndices(patterns?: string[]): Promise<string[]>;
  /** Deletes the indices that match; resolves to their names. */
  deleteIndices(patterns: string[]): Promise<string[]>;
  listSnapshots(repository: string): Promise<string[]>;
  /** Restores all indices of a snapshot (none of which may exist) and waits until they are there. */
  restoreSnapshot(repository: string, snapshot: string): Promise<void>;
  stop(): Promise<void>;
}

const readyTimeoutMs = 120_000;
const repository = 'camunda';

/** Starts OpenSearch on 127.0.0.1, fetching it first when it is not in the cache. */
export async function startOpenSearch(options: OpenSearchOptions): Promise<OpenSearch> {
  const java = findSystemJava();
  if (java === undefined)
    throw new Error('No Java found for OpenSearch: install e.g. `apt-get install default-jdk-headless`');
  const distribution = await fetchOpenSearch();
  const home = path.resolve(options.dataDir, 'opensearch');
  const repositoryDir = path.join(home, 'snapshots');
  const copiesDir = path.join(home, 'copies');
  const port = await freePort(options.port, portNumbers(9201, 9299));
  // Two nodes that are given the same port evade each other, so the name tells whether it is ours that answers there.
  const clusterName = `sandbox-${keptSecret(options.dataDir, 'opensearch-cluster').slice(0, 8)}`;
  writeConfig(home, [repositoryDir, copiesDir], await freePort());
  const running = await startProcess({
    name: 'OpenSearch',
    command: java,
    args: [
      ...['-Xms1g', '-Xmx1g', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-XX:+ExitOnOutOfMemoryError'],
      ...['-cp', path.join(distribution, 'lib', '*'), 'org.codelibs.opensearch.runner.OpenSearchRunner'],
      ...['-basePath', home, '-numOfNode', '1', '-clusterName', clusterName],
      ...['-baseHttpPort', String(port - 1)], // the runner adds the number of the node
    ],
    logFile: path.join(options.dataDir, 'logs', 'opensearch.log'),
    cwd: home,
  });
  const url = `http://127.0.0.1:${port}`;
  await waitUntilReady(running, readyTimeoutMs, () => registerRepository(url, clusterName, repositoryDir));
  return {
    url,
    clusterName,
    repository,
    repositoryDir,
    copiesDir,
    process: running,
    listIndices: (patterns = ['*']) => listIndices(url, patterns),
    deleteIndices: (patterns) => deleteIndices(url, patterns),
    listSnapshots: (of) => listSnapshots(url, of),
    restoreSnapshot: (of, snapshot) => restoreSnapshot(url, of, snapshot),
    stop: () => running.stop(),
  };
}

/** The runner takes over a configuration that lies in its folder before the start. */
function writeConfig(home: string, repositoryDirs: string[], transportPort: number): void {
  const folder = path.join(home, 'node_1', 'config');
  mkdirSync(folder, { recursive: true });
  for (const dir of repositoryDirs) mkdirSync(dir, { recursive: true });
  const settings = {
    'network.host': '127.0.0.1',
    'transport.port': transportPort,
    'path.repo': repositoryDirs,
    'cluster.routing.allocation.disk.threshold_enabled': false,
  };
  writeFileSync(path.join(folder, 'opensearch.yml'), stringify(settings));
}

const NodeInfo = z.object({ cluster_name: z.string() });

async function registerRepository(
  url: string,
  clusterName: string,
  location: string,
): Promise<true | undefined> {
  if (NodeInfo.parse(await callJsonOk('GET', url)).cluster_name !== clusterName) return undefined;
  await callJsonOk('PUT', `${url}/_snapshot/${repository}`, { type: 'fs', settings: { location } });
  await callJsonOk('POST', `${url}/_snapshot/${repository}/_verify`);
  return true;
}

const IndexList = z.array(z.object({ index: z.string() }));

async function listIndices(url: string, patterns: string[]): Promise<string[]> {
  const listed = await callJsonOk(
    'GET',
    `${url}/_cat/indices/${patterns.join(',')}?format=json&h=index&expand_wildcards=all`,
  );
  return IndexList.parse(listed)
    .map(({ index }) => index)
    .sort();
}

async function deleteIndices(url: string, patterns: string[]): Promise<string[]> {
  const names = await listIndices(url, patterns);
  // One by one: all names in one address can pass the longest line that the server takes.
  for (const name of names) await callJsonOk('DELETE', `${url}/${name}`);
  return names;
}

const SnapshotList = z.object({ snapshots: z.array(z.object({ snapshot: z.string() })) });

async function listSnapshots(url: string, of: string): Promise<string[]> {
  const listed = await callJsonOk('GET', `${url}/_snapshot/${of}/_all`);
  return SnapshotList.parse(listed).snapshots.map(({ snapshot }) => snapshot);
}

const RestoreAnswer = z.object({ snapshot: z.object({ shards: z.object({ failed: z.number() }) }) });

async function restoreSnapshot(url: string, of: string, snapshot: string): Promise<void> {
  const options = { indices: '*', include_global_state: false };
  const answer = await callJson(
    'POST',
    `${url}/_snapshot/${of}/${snapshot}/_restore?wait_for_completion=true`,
    options,
  );
  const restored = RestoreAnswer.safeParse(answer.body);
  if (!restored.success || restored.data.snapshot.shards.failed > 0) {
    throw new Error(
      `Restore of ${snapshot} ended with ${answer.status}: ${JSON.stringify(answer.body).slice(0, 500)}`,
    );
  }
}
