import type { ExporterReading, PauseMode } from '../contract/exporting.ts';
import type { CutPart, PartStatus, RecordPosition } from '../contract/parts.ts';
import type { CallOptions } from './callOptions.ts';
import type { RestoreEngine } from './restorePort.ts';

export type { CallOptions };

/** What a trigger led to. `adopted`: the id was there already, so an earlier answer of ours was lost. */
export type TriggerAnswer = { kind: 'started' | 'adopted'; scheduledSnapshots?: string[] };

/** A backup that a component knows, by its id; the state is the component's own word. */
export type KnownBackup = { part: CutPart; backupId: string; foreignState: string };

export type Health = { component: string; url: string; up: boolean; seen: string };

/** A process that is not proven to be stopped. */
export type Running = { component: string; url: string; seen: string };

export type Topology = {
  version: string;
  brokerVersions: string[];
  brokerCount: number;
  partitionCount: number;
  replicationFactor: number;
  partitions: { partitionId: number; leader: string | null; healthy: boolean }[];
};

export type LiveIndex = { name: string; createdAt: string };

export type SnapshotInfo = { name: string; state: string; indices: string[]; failures: string[] };

/** Settings that the components report of themselves; `null`: they don't say. Source: `GET /actuator/configprops`. */
export type ReportedSettings = {
  component: string;
  repository: string | null;
  indexPrefix: string | null;
  backupStore: string | null; // Zeebe: S3, GCS, AZURE, FILESYSTEM or NONE
  flushDelayMs: number | null; // bulk delay of the slowest exporter
  continuousBackups: boolean | null;
};

/**
 * One Camunda 8 installation as Safepoint sees it: the management endpoints of its processes and its search engine.
 * Which generation answers is discovered (`GET /actuator`), never configured. Every method fails with an error of the
 * catalogue: `EndpointUnreachable`, `UnexpectedAnswer`, `AccessDenied`, or what is named with the method.
 */
export interface CamundaClient {
  /** Parts this cluster has, in the order of the default procedure. `zeebe-records` only where such indices exist. */
  discoverParts(options?: CallOptions): Promise<CutPart[]>;

  /** Whether a component of the config makes the part: those of a set may be gone, with an upgrade to 8.8 for instance. */
  hasPart(part: CutPart, options?: CallOptions): Promise<boolean>;

  /** Starts one part. Idempotent by id; fails with `PartRefused` when the component won't take this id. */
  startBackup(part: CutPart, backupId: string, options?: CallOptions): Promise<TriggerAnswer>;
  getBackup(part: CutPart, backupId: string, options?: CallOptions): Promise<PartStatus>;
  /** Every backup that the component still knows. */
  listBackups(part: CutPart, options?: CallOptions): Promise<KnownBackup[]>;
  /** Asks the component to delete one backup; it may do so later. One that it does not know is no error. */
  deleteBackup(part: CutPart, backupId: string, options?: CallOptions): Promise<void>;

  /** Asks for the pause; a broken promise shows in `readExporters` only. Fails with `PauseNotProven`. */
  pauseExporting(mode: PauseMode, options?: CallOptions): Promise<void>;
  /** Fails with `ResumeNotProven`. */
  resumeExporting(options?: CallOptions): Promise<void>;
  /** Leaders only, ordered by partition; a partition without a leader is missing. */
  readExporters(options?: CallOptions): Promise<ExporterReading[]>;

  readTopology(options?: CallOptions): Promise<Topology>;
  /** Never fails for a component that is down: that is what it reports. */
  readHealth(options?: CallOptions): Promise<Health[]>;
  /** Processes that answer, or may: empty when all of the cluster, its search engine left out, are proven to be stopped. */
  findRunning(options?: CallOptions): Promise<Running[]>;
  readSettings(options?: CallOptions): Promise<ReportedSettings[]>;
  /** A change of the cluster that is under way (scaling), in one sentence; `null` when none. */
  readPendingChange(options?: CallOptions): Promise<string | null>;
  /** `Date` headers of the components, as ISO strings, for the clock check. */
  readClocks(options?: CallOptions): Promise<{ component: string; at: string }[]>;
  /** Sends one request as a user would to each web application; an answer below 500 counts. */
  probeApps(options?: CallOptions): Promise<{ app: string; ok: boolean; tookMs: number }[]>;

  readonly searchEngine: SearchEngineClient;
  /** Frees the connections. */
  close(): Promise<void>;
}

/** Elasticsearch or OpenSearch, as far as snapshots and restores need it. The repository is the one in the config. */
export interface SearchEngineClient extends RestoreEngine {
  readonly repository: string;
  /** `green`, `yellow`, `red`, and the engine's name and version. */
  readHealth(options?: CallOptions): Promise<{ status: string; engine: string; version: string }>;
  /** Writes and removes a probe on every node. Fails with `SnapshotFailed`. */
  verifyRepository(options?: CallOptions): Promise<void>;
  repositoryExists(options?: CallOptions): Promise<boolean>;
  /** Names of snapshots that run now, in any repository. */
  listRunningSnapshots(options?: CallOptions): Promise<string[]>;
  /** All snapshots of the repository whose names match, such as `camunda_*`. */
  listSnapshots(pattern: string, options?: CallOptions): Promise<SnapshotInfo[]>;
  /** One snapshot of the repository, by its whole name. One that is not there is no error. */
  removeSnapshot(name: string, options?: CallOptions): Promise<void>;
  /** Live indices whose names begin with one of the prefixes. */
  listIndices(prefixes: string[], options?: CallOptions): Promise<LiveIndex[]>;
  /** Highest exported record position per partition in the `zeebe-record*` indices, refreshed first; [] without such indices. */
  readHighestRecords(options?: CallOptions): Promise<RecordPosition[]>;
  /** Highest disk use of a data node in percent; `null` when not visible. */
  readDiskUsedPercent(options?: CallOptions): Promise<number | null>;
}
