import { actuatorRoutes } from './endpoints/actuator.ts';
import { clusterRoute } from './endpoints/cluster.ts';
import { exportingRoutes } from './endpoints/exporting.ts';
import { historyRoutes, type HistoryPart } from './endpoints/historyBackups.ts';
import { optimizeRoutes } from './endpoints/optimizeBackups.ts';
import { partitionRoutes } from './endpoints/partitions.ts';
import { searchIndexRoutes } from './endpoints/searchIndices.ts';
import { searchInfoRoutes } from './endpoints/searchInfo.ts';
import { searchMetadataRoutes } from './endpoints/searchMetadata.ts';
import { searchRepositoryRoutes } from './endpoints/searchRepositories.ts';
import { searchRestoreRoutes } from './endpoints/searchRestore.ts';
import { searchSnapshotRoutes } from './endpoints/searchSnapshots.ts';
import { topologyRoutes } from './endpoints/topology.ts';
import { zeebeBackupRoutes } from './endpoints/zeebeBackups.ts';
import { createFaults, type Faults } from './faults/faults.ts';
import type { Route } from './http/route.ts';
import { startServer, type LoggedRequest, type SimulatedServer } from './http/server.ts';
import { settle, type Component, type SimulatedPart, type SimulatorOptions } from './options.ts';
import { inspect, type Inspection } from './world/inspection.ts';
import { createWorld, indexedPart, type World } from './world/world.ts';

/** Base URLs without a trailing slash, each ending before `/actuator`. */
export type SimulatorUrls = {
  zeebe: string; // broker 0, with an embedded gateway
  brokers: string[];
  restApi: string;
  searchEngine: string;
  webapps?: string; // 8.8: the same process as `zeebe`
  operate?: string; // 8.6
  tasklist?: string; // 8.6
  optimize?: string;
};

export type BackupStorage = Pick<World, 'snapshots' | 'zeebe'>;

/** A simulated Camunda 8 installation on free ports of 127.0.0.1. */
export interface Simulator extends Inspection {
  urls: SimulatorUrls;
  repository: string;
  /** Where its backups lie: the repository of snapshots and the backups of Zeebe. */
  backups: BackupStorage;
  /** Every request that arrived, oldest first. */
  requests: LoggedRequest[];
  faults: Faults;
  /** The next member takes the lead; Zeebe backups that run on this partition fail. */
  changeLeader(partitionId: number): void;
  /** Brokers keep their pause; an application forgets the queue of its running backup. */
  restart(component: SimulatedPart): void;
  /** These processes refuse connections until `startAll`. */
  stopOnly(...components: Component[]): Promise<void>;
  /** Everything but the search engine refuses connections; nothing more is written into the indices. */
  stopAll(): Promise<void>;
  /** At the same addresses. Fails when the brokers have no data. */
  startAll(): Promise<void>;
  emptyBrokerData(): void;
  /** Brings the brokers back to the cut of a Zeebe backup. Fails when there is no such backup, or there are data in the way. */
  restoreBroker(backupId: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts all processes of the profile; ready when it returns. Keeps no timers, so `stop` leaves nothing behind. `backups`: those of
 * another installation, to be restored into this one; it takes none itself.
 */
export async function startSimulator(options: SimulatorOptions, backups?: BackupStorage): Promise<Simulator> {
  const settings = settle(options);
  const faults = createFaults();
  const stopping = new AbortController();
  const world = { ...createWorld(settings, faults, stopping.signal), ...backups };
  const requests: LoggedRequest[] = [];
  const servers: { component: Component; server: SimulatedServer }[] = [];
  const applications = () => servers.filter(({ component }) => component !== 'searchEngine');

  async function start(component: Component, routes: Route[], broker = 0): Promise<string> {
    const beforeRequest = () => {
      world.timeline.advance();
    };
    const common = { faults, log: requests, beforeRequest, stopping: stopping.signal };
    const server = await startServer({ component, broker, routes, ...common });
    servers.push({ component, server });
    return server.url;
  }

  const brokers: string[] = [];
  for (let id = 0; id < settings.brokers; id++)
    brokers.push(await start('zeebe', brokerRoutes(world, id), id));
  const zeebe = brokers[0];
  if (zeebe === undefined) throw new Error('brokers must be 1 or more');
  const urls: SimulatorUrls = {
    zeebe,
    brokers,
    restApi: await start('restApi', topologyRoutes(world)),
    searchEngine: await start('searchEngine', searchEngineRoutes(world)),
    ...(settings.profile === '8.8' && { webapps: zeebe }),
    ...(settings.profile === '8.6' && { operate: await start('operate', appRoutes(world, 'operate')) }),
    ...(settings.profile === '8.6' && { tasklist: await start('tasklist', appRoutes(world, 'tasklist')) }),
    ...(settings.optimize && { optimize: await start('optimize', optimizeServerRoutes(world)) }),
  };

  return {
    ...inspect(world),
    urls,
    repository: settings.repository,
    backups: { snapshots: world.snapshots, zeebe: world.zeebe },
    requests,
    faults,
    changeLeader(partitionId) {
      world.timeline.advance();
      world.engine.changeLeader(partitionId);
    },
    restart(component) {
      world.timeline.advance();
      if (component === 'zeebe') world.engine.restart();
      else indexedPart(world, component).restart();
    },
    async stopOnly(...components) {
      world.timeline.advance();
      if (components.includes('zeebe')) world.engine.stop();
      const chosen = servers.filter(({ component }) => components.includes(component));
      await Promise.all(chosen.map(({ server }) => server.stop()));
    },
    async stopAll() {
      world.timeline.advance();
      world.engine.stop();
      await Promise.all(applications().map(({ server }) => server.stop()));
    },
    async startAll() {
      world.timeline.advance();
      world.engine.start();
      await Promise.all(applications().map(({ server }) => server.startAgain()));
    },
    emptyBrokerData() {
      world.engine.empty();
    },
    restoreBroker(backupId) {
      const backup = world.zeebe.find(Number(backupId));
      if (backup === undefined) return Promise.reject(new Error(`Zeebe has no backup ${backupId}`));
      world.engine.restore(backup.pieces);
      return Promise.resolve();
    },
    async stop() {
      stopping.abort();
      await Promise.all(servers.map(({ server }) => server.stop()));
    },
  };
}

/** From 8.8 each broker is an orchestration node that also offers the history backup. */
function brokerRoutes(world: World, broker: number): Route[] {
  const isUnified = world.settings.profile !== '8.6';
  const backups = isUnified ? ['backupRuntime', 'backupHistory'] : ['backups'];
  return [
    ...actuatorRoutes(world, 'zeebe', [...backups, 'partitions', 'cluster', 'exporting', 'exporters']),
    ...zeebeBackupRoutes(world),
    ...(isUnified ? historyRoutes(world, 'webapps') : []),
    ...exportingRoutes(world),
    ...partitionRoutes(world, broker),
    clusterRoute(world),
  ];
}

function appRoutes(world: World, part: HistoryPart): Route[] {
  return [...actuatorRoutes(world, part, ['backups']), ...historyRoutes(world, part)];
}

function optimizeServerRoutes(world: World): Route[] {
  return [...actuatorRoutes(world, 'optimize', ['backups']), ...optimizeRoutes(world)];
}

function searchEngineRoutes(world: World): Route[] {
  return [
    ...searchInfoRoutes(world),
    ...searchSnapshotRoutes(world), // before the repositories: `_snapshot/_status`
    ...searchRepositoryRoutes(world),
    ...searchRestoreRoutes(world),
    ...searchMetadataRoutes(world),
    ...searchIndexRoutes(world),
  ];
}
