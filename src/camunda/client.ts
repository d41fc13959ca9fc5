import type { ClusterConfig } from '../config/schema.ts';
import type { CutPart } from '../contract/parts.ts';
import { readPartitionCount, readPendingChange, readTopology } from './cluster.ts';
import { createDiscovery } from './discovery.ts';
import { closeEndpoints, openEndpoints, type ClusterEndpoints } from './endpoints.ts';
import { pauseExporting, readExporters, resumeExporting } from './exporting.ts';
import { probeApps, readClocks, readHealth, type Probe } from './health.ts';
import { createHistoryPart } from './history.ts';
import { createOptimizePart } from './optimize.ts';
import type { PartClient } from './partClient.ts';
import type { CallOptions, CamundaClient } from './port.ts';
import { rememberFor } from './remember.ts';
import { findRunning } from './running.ts';
import { createSearchEngineClient } from './searchEngine.ts';
import { readSettings } from './settings.ts';
import { createSnapshotPart, type SnapshotOf } from './snapshotPart.ts';
import { createProgressReader } from './snapshotProgress.ts';
import { createZeebePart } from './zeebe.ts';

const PARTITION_COUNT_TTL_MS = 60_000;

/** A client of one cluster over HTTP. Opens no connection until it is asked something; `close` it at the end. */
export function createCamundaClient(config: ClusterConfig): CamundaClient {
  const { repository, indexPrefixes } = config.searchEngine;
  const recordsPrefix = indexPrefixes.zeebeRecords;
  const endpoints = openEndpoints(config);
  const { zeebe } = endpoints;
  const discovery = createDiscovery(endpoints);
  const searchEngine = createSearchEngineClient(endpoints.searchEngine, { repository, recordsPrefix });
  const countPartitions = rememberFor(PARTITION_COUNT_TTL_MS, (options) =>
    readPartitionCount(zeebe, options),
  );
  const probes = listProbes(config, endpoints);

  const readProgress = createProgressReader(endpoints.searchEngine, repository);
  const history = { discovery, searchEngine, readProgress };

  const snapshotOf = (what: SnapshotOf) =>
    createSnapshotPart(what, endpoints.searchEngine, searchEngine, readProgress);

  const parts: Record<CutPart, PartClient> = {
    zeebe: createZeebePart(discovery, countPartitions),
    webapps: createHistoryPart('webapps', history),
    operate: createHistoryPart('operate', history),
    tasklist: createHistoryPart('tasklist', history),
    optimize: createOptimizePart(discovery, searchEngine),
    'zeebe-records': snapshotOf({
      part: 'zeebe-records',
      namePrefix: 'camunda_zeebe_records_backup_', // as in Camunda's guides
      indexPrefixes: [recordsPrefix],
      setting: 'indexPrefixes.zeebeRecords',
    }),
    indices: snapshotOf({
      part: 'indices',
      namePrefix: 'camunda_indices_backup_',
      indexPrefixes: allPrefixes(config),
      setting: 'indexPrefixes',
    }),
  };

  async function discoverParts(options?: CallOptions): Promise<CutPart[]> {
    await discovery.zeebe(options);
    const apps = await discovery.history(options);
    const optimize = await discovery.optimize(options);
    const records = await searchEngine.listIndices([recordsPrefix], options);
    return [
      'zeebe',
      ...apps.keys(),
      ...(optimize === null ? [] : ['optimize' as const]),
      ...(records.length === 0 ? [] : ['zeebe-records' as const]),
    ];
  }

  async function hasPart(part: CutPart, options?: CallOptions): Promise<boolean> {
    if (part === 'optimize') return (await discovery.optimize(options)) !== null;
    if (part !== 'webapps' && part !== 'operate' && part !== 'tasklist') return true;
    return (await discovery.history(options)).has(part);
  }

  return {
    discoverParts,
    hasPart,
    startBackup: (part, backupId, options) => parts[part].start(backupId, options),
    getBackup: (part, backupId, options) => parts[part].get(backupId, options),
    listBackups: (part, options) => parts[part].list(options),
    deleteBackup: (part, backupId, options) => parts[part].remove(backupId, options),
    pauseExporting: (mode, options) => pauseExporting(zeebe, mode, options),
    resumeExporting: (options) => resumeExporting(zeebe, options),
    readExporters: (options) => readExporters(endpoints.brokers, options),
    readTopology: (options) => readTopology(endpoints, options),
    readHealth: (options) => readHealth(endpoints, options),
    findRunning: (options) => findRunning(endpoints, options),
    readSettings: (options) => readSettings(endpoints, options),
    readPendingChange: (options) => readPendingChange(zeebe, options),
    readClocks: (options) => readClocks(endpoints, options),
    probeApps: (options) => probeApps(probes, options),
    searchEngine,
    close: () => closeEndpoints(endpoints),
  };
}

/** Of every index that the cluster may have: those of the applications in the config, and of the exported records. */
function allPrefixes({ webapps, operate, tasklist, optimize, searchEngine }: ClusterConfig): string[] {
  const { indexPrefixes: prefixes } = searchEngine;
  const both = webapps !== undefined;
  return [
    ...(both || operate !== undefined ? [prefixes.operate] : []),
    ...(both || tasklist !== undefined ? [prefixes.tasklist] : []),
    ...(optimize !== undefined ? [prefixes.optimize] : []),
    prefixes.zeebeRecords,
  ];
}

function listProbes(config: ClusterConfig, endpoints: ClusterEndpoints): Probe[] {
  return (['webapps', 'operate', 'tasklist'] as const).flatMap((app) => {
    const http = endpoints[app];
    return http === undefined ? [] : [{ app, http, probeUrl: config[app]?.probeUrl }];
  });
}
