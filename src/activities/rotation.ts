import type { ClusterConfig, Config } from '../config/schema.ts';
import { SafepointError } from '../contract/errors.ts';
import type { RetentionPlan, RetentionPolicy, RotatedSet } from '../contract/retention.ts';
import { planRetention } from '../domain/retention.ts';
import { listCatalog } from '../storage/catalog.ts';
import { readDocuments, type CatalogEntry } from '../storage/catalogEntry.ts';
import type { ObjectStore } from '../storage/port.ts';
import { openFolder } from '../storage/setFolders.ts';
import type { RunLookup } from '../system/runs.ts';
import { readIntentRun } from './pauseRecords.ts';
import { requireSettings, storesOfCluster } from './stores.ts';

export type RotationDeps = {
  config: Config;
  store: (name: string) => ObjectStore;
  /** `null` where Temporal does not answer: then no set is taken for one whose run is over. */
  runs: RunLookup | null;
};

/**
 * What rotation would do to the sets of a cluster now; touches nothing. Every store of the cluster must answer: a set that one of
 * them does not show might be the last good one. Fails with `InvalidInput` when the cluster has no retention.
 */
export async function planRotation(
  deps: RotationDeps,
  cluster: string,
  { force = false }: { force?: boolean } = {},
): Promise<RetentionPlan> {
  const settings = requireSettings(deps.config, cluster);
  const policy = toPolicy(settings, cluster);
  const stores = storesOfCluster(deps, cluster);
  const lists = await Promise.all(stores.map((store) => listCatalog([store], { cluster })));
  const byId = new Map<string, CatalogEntry[]>();
  for (const entry of lists.flatMap(({ entries }) => entries))
    byId.set(entry.backupId, [...(byId.get(entry.backupId) ?? []), entry]);
  const sets = await Promise.all(
    [...byId.values()].map((entries) => readRotated(deps, cluster, stores, entries)),
  );
  await readNewestManifests(sets, { cluster, stores, count: policy.minComplete });
  return planRetention(cluster, sets, policy, { nowMs: Date.now(), force });
}

function toPolicy({ retention }: ClusterConfig, cluster: string): RetentionPolicy {
  if (retention === undefined)
    throw new SafepointError(
      'InvalidInput',
      `clusters.${cluster} has no retention in the config, so everything stays; give one such as {daily: 14, weekly: 8}`,
    );
  const { keepWithin = 0, failed, minAge, ...counts } = retention;
  return {
    ...counts,
    keepWithinMs: keepWithin,
    minAgeMs: minAge,
    failed: { keepLast: failed.keepLast, keepWithinMs: failed.keepWithin ?? 0 },
  };
}

/** The same set in several stores is as good as its best copy, and as untouchable as its most protected one. */
const BEST_FIRST = ['complete', 'partial', 'unreadable', 'failed', 'unfinished'] as const;

async function readRotated(
  { runs }: RotationDeps,
  cluster: string,
  stores: readonly ObjectStore[],
  entries: readonly CatalogEntry[],
): Promise<RotatedSet> {
  const backupId = entries[0]?.backupId ?? '';
  const deleting = entries.some((entry) => entry.state === 'deleting');
  const best = BEST_FIRST.find((state) => entries.some((entry) => entry.state === state)) ?? 'unreadable';
  const state = deleting ? 'deleting' : best;
  const times = (field: 'startedAt' | 'completedAt') =>
    entries.flatMap((entry) => (entry[field] === null ? [] : [Date.parse(entry[field])]));
  const [startedMs = null] = times('startedAt');
  const [endedMs = startedMs] = times('completedAt');
  const set: RotatedSet = {
    backupId,
    state,
    startedMs,
    endedMs,
    held: entries.some(({ held }) => held),
    provenMs: provenMsOf(entries),
    verified: (await Promise.all(entries.map((entry) => isVerified(entry, stores)))).every(Boolean),
    opened: false,
    inUse: entries.some(({ restoring }) => restoring) ? 'a restore has begun from it and not ended' : null,
  };
  if (state !== 'unfinished') return set;
  const owners = await Promise.all(stores.map((store) => readIntentRun(store, { cluster, backupId }, {})));
  const owner = owners.find(({ workflowId }) => workflowId !== '');
  if (owner === undefined) return { ...set, state: 'unreadable' }; // no run of ours has begun it
  if (runs === null)
    return { ...set, inUse: `Temporal does not say whether run ${owner.workflowId} is over` };
  const alive = (await runs.readRunState(owner)) === 'running';
  return { ...set, inUse: alive ? `run ${owner.workflowId} is at it` : null };
}

/** A copy that is damaged is to be repaired; as long as another one is whole, the set is a backup. */
async function isVerified(
  { check, store, cluster, backupId }: CatalogEntry,
  stores: readonly ObjectStore[],
): Promise<boolean> {
  if (check?.ok !== false) return true;
  const having = stores.find(({ name }) => name === store);
  const folder = having === undefined ? null : await openFolder(having, cluster, backupId);
  return folder !== null && (await readDocuments(folder)).lastCheck?.restorable === true;
}

/** A drill that only read the set proves no more than a check does. */
function provenMsOf(entries: readonly CatalogEntry[]): number | null {
  const proofs = entries.flatMap(({ proof }) =>
    proof === null || proof.level === 'stored' ? [] : [proof.at],
  );
  const [last] = proofs.sort().reverse();
  return last === undefined ? null : Date.parse(last);
}

/** The sets that stay at the least must be readable: a label may stand beside a manifest that was damaged. */
async function readNewestManifests(
  sets: RotatedSet[],
  { cluster, stores, count }: { cluster: string; stores: readonly ObjectStore[]; count: number },
): Promise<void> {
  const newestFirst = sets.toSorted((left, right) => (right.startedMs ?? 0) - (left.startedMs ?? 0));
  let readable = 0;
  for (const set of newestFirst.filter(({ state, verified }) => state === 'complete' && verified)) {
    if (readable === count) return;
    const folders = await Promise.all(stores.map((store) => openFolder(store, cluster, set.backupId)));
    const documents = await Promise.all(
      folders.filter((folder) => folder !== null).map((folder) => readDocuments(folder)),
    );
    set.opened = documents.some(({ entry }) => entry.state === 'complete');
    if (set.opened) readable += 1;
    else set.state = 'unreadable';
  }
}
