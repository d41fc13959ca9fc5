import { describeMarker, readMarker } from '../activities/restore/marker.ts';
import type { ReplicateConfig } from '../config/replicate.ts';
import type { Config } from '../config/schema.ts';
import { REPLICA_KINDS } from '../contract/replica.ts';
import type { RestoreMarker } from '../contract/restore.ts';
import { restoreMarkerKey } from '../domain/setKeys.ts';
import { readNewestSets } from '../storage/catalog.ts';
import type { CatalogEntry } from '../storage/catalogEntry.ts';
import type { ObjectStore } from '../storage/port.ts';
import { readReplicas } from '../storage/replica/records.ts';
import { messageOf } from '../system/redact.ts';
import type { OpenWindow } from '../system/runs.ts';
import type { BackupRuns } from './backupRuns.ts';
import { readTrials } from './openTrials.ts';
import { linesOf } from './runView.ts';
import type { OpenRun, OpenTrialRun } from './runsOverview.ts';
import { readSchedules, type ScheduleLine } from './scheduleLines.ts';
import { clusterProblems, generalProblems, isVerification } from './statusProblems.ts';
import type { ClusterStatus, RunningBackup, StatusReport } from './statusReport.ts';
import { readView } from './watch.ts';

/** What Temporal knows, asked for once for all clusters; `null` when it does not answer. */
export type TemporalView = {
  runs: BackupRuns;
  open: OpenRun[];
  trials: OpenTrialRun[];
  schedules: ScheduleLine[];
  workers: number;
  sentinel: StatusReport['sentinel'];
};

export async function readTemporal(runs: BackupRuns, config: Config): Promise<TemporalView> {
  const [open, trials, schedules, workers, sentinel] = await Promise.all([
    runs.listOpen(),
    runs.listOpenTrials(),
    readSchedules(runs, config.schedules),
    runs.countWorkers(),
    runs.readSentinel(),
  ]);
  return { runs, open, trials, schedules, workers, sentinel };
}

export async function readStatus(
  clusters: readonly string[],
  {
    config,
    stores,
    temporal,
    unreachable,
  }: {
    config: Config;
    stores: readonly ObjectStore[];
    temporal: TemporalView | null;
    unreachable: string | null;
  },
): Promise<StatusReport> {
  const lines = clusters.map((cluster) => {
    const store = stores.find(({ name }) => name === config.clusters[cluster]?.store);
    return readClusterStatus(cluster, { store, temporal, replicate: config.clusters[cluster]?.replicate });
  });
  const { workers = null, sentinel = null } = temporal ?? {};
  const report = { clusters: await Promise.all(lines), workers, sentinel };
  return {
    ...report,
    problems: generalProblems({ ...report, unreachable, watched: config.sentinel.enabled }),
  };
}

async function readClusterStatus(
  cluster: string,
  {
    store,
    temporal,
    replicate,
  }: {
    store: ObjectStore | undefined;
    temporal: TemporalView | null;
    replicate: ReplicateConfig | undefined;
  },
): Promise<ClusterStatus> {
  const schedules = temporal?.schedules.filter((line) => line.cluster === cluster) ?? [];
  const [sets, window, running, trials, unfinished] = await Promise.all([
    readSets(cluster, store),
    temporal?.runs.findOpenWindow(cluster) ?? null,
    readRunning(cluster, temporal),
    readTrials(cluster, temporal),
    store === undefined ? null : readMarker(store, cluster).catch(() => null), // a store that fails is told by its sets
  ]);
  const backups = schedules.filter((line) => !isVerification(line));
  const nextAt = backups.flatMap(({ schedule }) => schedule?.nextAt ?? []).sort()[0] ?? null;
  const { lastGood, newest } = sets;
  const found = { cluster, lastGood, newest, running, trials, unfinished, schedules, nextAt };
  const copies = running.length > 0 ? null : await missingCopies(lastGood, store, replicate);
  return {
    ...found,
    problems: clusterProblems(found, {
      window: describeProblem(window),
      store: sets.problem,
      copies,
      restore: window === null ? describeUnfinished(unfinished, store) : null,
    }),
  };
}

/** Copies that every backup should end with, and the newest good one has not. */
async function missingCopies(
  set: CatalogEntry | null,
  store: ObjectStore | undefined,
  replicate: ReplicateConfig | undefined,
): Promise<string | null> {
  if (set === null || store === undefined || replicate?.afterBackup !== true) return null;
  const wanted = REPLICA_KINDS.filter((kind) => replicate[kind] !== undefined);
  const made = await readReplicas(store, set).catch(() => []);
  const missing = wanted.filter((kind) => !made.some((replica) => replica.kind === kind));
  if (missing.length === 0) return null;
  return `set ${set.backupId} has no copy of ${missing.join(' and ')}; \`safepoint replicate ${set.cluster} ${set.backupId}\` makes it`;
}

/** A restore that nobody carries on: whoever holds the window is at it again. */
function describeUnfinished(marker: RestoreMarker | null, store: ObjectStore | undefined): string | null {
  if (marker === null || store === undefined) return null;
  const { cluster, target, backupId } = marker;
  const again =
    backupId === 'unknown'
      ? 'start a restore again'
      : `start it again with \`safepoint restore ${backupId} --cluster ${cluster}${target === cluster ? '' : ` --into ${target}`}\``;
  return `${describeMarker(marker)}; no backup is taken before that: ${again}, or delete ${store.locate(restoreMarkerKey(target))} when you have restored by hand`;
}

function describeProblem(window: OpenWindow | null): string | null {
  return window?.resumeProblem == null ? null : window.seen;
}

type NewestSets = { lastGood: CatalogEntry | null; newest: CatalogEntry | null; problem: string | null };

async function readSets(cluster: string, store: ObjectStore | undefined): Promise<NewestSets> {
  const found: NewestSets = { lastGood: null, newest: null, problem: null };
  try {
    if (store === undefined) return found;
    for await (const { entry } of readNewestSets(store, cluster)) {
      if (entry.state === 'complete') return { ...found, lastGood: entry };
      found.newest ??= entry;
    }
    return found;
  } catch (error) {
    return { ...found, problem: messageOf(error) };
  }
}

async function readRunning(cluster: string, temporal: TemporalView | null): Promise<RunningBackup[]> {
  if (temporal === null) return [];
  const own = temporal.open.filter((run) => run.cluster === cluster);
  return await Promise.all(
    own.map(async ({ workflowId, runId, startedAt }) => {
      const view = await readView(temporal.runs, { workflowId, runId });
      const working =
        view === null
          ? []
          : linesOf(view).filter(({ name, state }) => state === 'running' && name !== 'window');
      return {
        workflowId,
        runId,
        startedAt,
        backupId: view?.status.backupId ?? null,
        stage: view?.status.stage ?? null,
        steps: working.map(({ name, since, note }) => ({ name, since: since ?? null, note: note ?? null })),
      };
    }),
  );
}
