import { activityInfo, cancellationSignal } from '@temporalio/activity';
import type { CutPart } from '../contract/parts.ts';
import { CUT_PARTS } from '../contract/parts.ts';
import { SafepointError } from '../contract/errors.ts';
import type { DeleteSetInput } from '../contract/retention.ts';
import type { Tombstone } from '../contract/setRecords.ts';
import {
  HOLD,
  INTENT,
  isDumpName,
  isOwnName,
  MANIFEST,
  RESTORING,
  setKey,
  TOMBSTONE,
} from '../domain/setKeys.ts';
import { readDocuments, type CatalogSet } from '../storage/catalogEntry.ts';
import type { ObjectStore } from '../storage/port.ts';
import { openFolder, type SetFolder } from '../storage/setFolders.ts';
import { messageOf } from '../system/redact.ts';
import type { RunLookup } from '../system/runs.ts';
import type { ActivityDeps } from './deps.ts';
import { withHeartbeats } from './heartbeats.ts';
import { removePart } from './removePart.ts';
import { removeReplica } from './replicate/removeReplica.ts';
import { planRotation } from './rotation.ts';
import { storesOfCluster } from './stores.ts';

type SetRef = { cluster: string; backupId: string };

/** Deletions of the applications are carried out later than they are answered. */
const PART_GONE_MS = 5 * 60_000;

/** The last of a set, in this order: a deletion that was broken off still knows what it deletes. */
const LAST = [MANIFEST, INTENT, TOMBSTONE];

export function createDeletionActivities(deps: ActivityDeps, runs: RunLookup) {
  const { config, camunda } = deps;
  return {
    /**
     * Writes a tombstone into every store that has the set, after asking the policy once more: since it was planned the set may
     * have been held. From then on it is no backup. The parts that Camunda may still have; `null` when no store has the set.
     * Fails with `DeletionRefused`, having touched nothing.
     */
    async beginDeletion({
      cluster,
      backupId,
      reasons = [],
    }: DeleteSetInput): Promise<{ parts: CutPart[] } | null> {
      return await withHeartbeats(async () => {
        const found = await readEverywhere(storesOfCluster(deps, cluster), { cluster, backupId });
        if (found.length === 0) return null;
        await requireDeletable(found, { cluster, backupId });
        const named = found.flatMap(({ set: { manifest, intent, tombstone } }) => [
          ...(manifest?.parts.map(({ part }) => part) ?? []),
          ...(intent?.parts ?? []),
          ...(tombstone?.parts ?? []),
        ]);
        const parts = CUT_PARTS.filter((part) => named.includes(part));
        const tombstone: Tombstone = {
          schema: 'safepoint/tombstone/v1',
          cluster,
          backupId,
          parts,
          reasons,
          workflowId: activityInfo().workflowExecution?.workflowId ?? '',
          deletedAt: new Date().toISOString(),
        };
        const fresh = found.filter(({ set }) => set.tombstone === undefined).map(({ store }) => store);
        for (const store of fresh) await writeTombstone(store, tombstone);
        await withdrawIfWanted(fresh, { cluster, backupId });
        return { parts };
      });
    },

    /** Deletes one part in Camunda and waits until it is gone, and the copy of it; what Camunda does not know is gone. */
    async deletePart({ cluster, backupId, part }: SetRef & { part: CutPart }): Promise<void> {
      await withHeartbeats(async (report) => {
        report({ progress: `${part}: waiting until backup ${backupId} is gone` });
        await removePart(camunda(cluster), part, backupId, {
          goneMs: PART_GONE_MS,
          signal: cancellationSignal(),
        });
        // While its record is still there, which says where it is.
        if (part === 'zeebe')
          await removeReplica(deps, { cluster, backupId }, { signal: cancellationSignal() });
      });
    },

    /**
     * Deletes the objects of the set in every store but those that say what it was. What stays, one sentence each: objects of
     * others, and what a store does not let go.
     */
    async deleteObjects(set: SetRef): Promise<string[]> {
      return await withHeartbeats(() =>
        removeFromStores(
          storesOfCluster(deps, set.cluster),
          set,
          (name) => isOwnName(name) && !LAST.includes(name),
        ),
      );
    },

    /** The manifest, then what remains; the tombstone goes last, so that a deletion that was broken off is found again. */
    async finishDeletion(set: SetRef): Promise<string[]> {
      return await withHeartbeats(async () => {
        for (const last of LAST) {
          const left = await removeFromStores(
            storesOfCluster(deps, set.cluster),
            set,
            (name) => name === last,
          );
          if (left.length > 0) return left;
        }
        return [];
      });
    },
  };

  async function requireDeletable(found: readonly Found[], { cluster, backupId }: SetRef): Promise<void> {
    const held = found.find(({ set }) => set.entry.held);
    if (held !== undefined)
      throw refused(backupId, `it is held: ${held.set.hold?.reason ?? 'hold.json says no reason'}`);
    const damaged = found.find(({ set }) => set.entry.state === 'unreadable');
    if (damaged !== undefined)
      throw refused(
        backupId,
        `${damaged.set.entry.reasons.join('; ')}, and nothing is deleted by guess; remove ${damaged.set.entry.location} by hand`,
      );
    await requireUnlocked(found, backupId);
    const { decisions } = await planRotation({ config, store: deps.store, runs }, cluster, { force: true });
    const decision = decisions.find((each) => each.backupId === backupId);
    if (decision?.action !== 'delete')
      throw refused(backupId, decision?.reasons.join('; ') ?? 'it is not known');
  }
}

function refused(backupId: string, why: string): SafepointError {
  return new SafepointError('DeletionRefused', `set ${backupId} stays: ${why}`);
}

/** A set of which a store keeps something until a date stays a backup until then: half of it would be of no use. */
async function requireUnlocked(found: readonly Found[], backupId: string): Promise<void> {
  for (const { store, folder } of found.filter((each) => each.set.tombstone === undefined)) {
    for (const name of folder.objects.keys()) {
      if (name !== MANIFEST && !isDumpName(name)) continue;
      const key = setKey(folder.cluster, backupId, name);
      const head = await store.head(key, { signal: cancellationSignal() });
      if (head === null || (head.retainedUntil === null && !head.held)) continue;
      const until =
        head.retainedUntil === null ? 'until somebody takes the hold away' : `until ${head.retainedUntil}`;
      throw refused(backupId, `store ${store.name} locks ${name} ${until}`);
    }
  }
}

type Found = { store: ObjectStore; folder: SetFolder; set: CatalogSet };

async function readEverywhere(
  stores: readonly ObjectStore[],
  { cluster, backupId }: SetRef,
): Promise<Found[]> {
  const found: Found[] = [];
  for (const store of stores) {
    const folder = await openFolder(store, cluster, backupId);
    if (folder !== null) found.push({ store, folder, set: await readDocuments(folder) });
  }
  return found;
}

async function writeTombstone(store: ObjectStore, tombstone: Tombstone): Promise<void> {
  const key = setKey(tombstone.cluster, tombstone.backupId, TOMBSTONE);
  const text = `${JSON.stringify(tombstone, null, 2)}\n`;
  await store.putObject(key, text, { signal: cancellationSignal() });
  if ((await store.head(key)) !== null) return;
  throw new SafepointError('StoreFailed', `${store.locate(key)} was written, but the store does not have it`);
}

/**
 * Who holds a set or begins a restore looks for a tombstone after he has written, and we look for what he wrote after ours: so
 * one of the two always sees the other.
 */
async function withdrawIfWanted(fresh: readonly ObjectStore[], { cluster, backupId }: SetRef): Promise<void> {
  const folders = await Promise.all(fresh.map((store) => openFolder(store, cluster, backupId)));
  const wanted = [HOLD, RESTORING].find((name) => folders.some((folder) => folder?.objects.has(name)));
  if (wanted === undefined) return;
  for (const store of fresh)
    await store.remove(setKey(cluster, backupId, TOMBSTONE), { signal: cancellationSignal() });
  throw refused(backupId, `${wanted} came while its deletion began`);
}

/** A store that fails for one object is asked for the others all the same. */
async function removeFromStores(
  stores: readonly ObjectStore[],
  { cluster, backupId }: SetRef,
  choose: (name: string) => boolean,
): Promise<string[]> {
  const left: string[] = [];
  for (const store of stores) {
    const folder = await openFolder(store, cluster, backupId);
    for (const name of folder?.objects.keys() ?? []) {
      const key = setKey(cluster, backupId, name);
      if (choose(name)) await removeObject(store, key, left);
    }
  }
  return left;
}

async function removeObject(store: ObjectStore, key: string, left: string[]): Promise<void> {
  try {
    await store.remove(key, { signal: cancellationSignal() });
  } catch (error) {
    cancellationSignal().throwIfAborted();
    left.push(messageOf(error));
  }
}
