import { log } from '@temporalio/activity';
import type { BackupPlan } from '../contract/backup.ts';
import type { CutPart } from '../contract/parts.ts';
import { dumpName, MANIFEST, setKey } from '../domain/setKeys.ts';
import type { ObjectStore } from '../storage/port.ts';
import { messageOf } from '../system/redact.ts';
import type { ActivityDeps } from './deps.ts';
import { isOwn } from './record.ts';
import { removePart } from './removePart.ts';
import { storesOf } from './stores.ts';

export type CleanUpInput = { plan: BackupPlan; backupId: string; parts: CutPart[] };

/** What was removed, and what stays because it could not be: one sentence each. */
export type CleanUp = { removed: string[]; left: string[] };

/** Deletions of the applications are carried out later than they are answered. */
const GONE_MS = 10_000;

export function createCleanUpActivities(deps: ActivityDeps) {
  return {
    /**
     * Removes the parts and dumps of a set that was given up, so that neither keeps the next one out or fills the stores. Its
     * intent stays: the id is never taken again. A set with a manifest is a backup and is not touched. Never fails for what
     * cannot be removed: that is named in the result and in the log.
     */
    async cleanUpSet({ plan, backupId, parts }: CleanUpInput): Promise<CleanUp> {
      const [lead, ...copies] = storesOf(deps, plan);
      const clean: CleanUp = { removed: [], left: [] };
      const manifest = setKey(plan.cluster, backupId, MANIFEST);
      if (lead === undefined || (await lead.head(manifest)) !== null) return clean;

      const tidy = async (name: string, remove: () => Promise<boolean>) => {
        try {
          if (await remove()) clean.removed.push(name);
          return true;
        } catch (error) {
          clean.left.push(`${name}: ${messageOf(error)}`);
          return false;
        }
      };
      const tidyStore = (store: ObjectStore, where: string) =>
        Promise.all(
          plan.databases.map((database) =>
            tidy(`${database}${where}`, () => removeDump(store, plan.cluster, backupId, database)),
          ),
        );
      const client = deps.camunda(plan.cluster);
      // The manifest goes to the copies first. Where one stays, locked, the set is a backup and keeps what belongs to it.
      const cleared = new Set<ObjectStore>();
      for (const copy of copies)
        if (await tidy(`manifest in ${copy.name}`, () => removeOwnManifest(copy, manifest)))
          cleared.add(copy);
      const stay = copies.filter((copy) => !cleared.has(copy)).map((copy) => hasOwnManifest(copy, manifest));
      if (!(await Promise.all(stay)).includes(true))
        await Promise.all([
          ...parts.map((part) => tidy(part, () => removePart(client, part, backupId, { goneMs: GONE_MS }))),
          tidyStore(lead, ''),
          ...[...cleared].map((copy) => tidyStore(copy, ` in ${copy.name}`)),
        ]);
      if (clean.left.length > 0)
        log.warn('a set that was given up could not be removed whole', { backupId, left: clean.left });
      return clean;
    },
  };
}

/** Encrypted or not: the config may have changed meanwhile. */
async function removeDump(
  store: ObjectStore,
  cluster: string,
  backupId: string,
  database: string,
): Promise<boolean> {
  const names = [false, true].map((encrypted) => dumpName(database, { encrypted }));
  const removed = await Promise.all(
    names.map((name) => removeObject(store, setKey(cluster, backupId, name))),
  );
  return removed.includes(true);
}

/** Whether there was one. Another run's is left alone. */
async function removeOwnManifest(store: ObjectStore, key: string): Promise<boolean> {
  const text = await store.getObject(key);
  if (text === null) return false;
  if (!isOwn(text)) throw new Error(`${store.locate(key)} is not the manifest of this run`);
  await store.remove(key);
  return true;
}

/** As far as the store can be asked. */
async function hasOwnManifest(store: ObjectStore, key: string): Promise<boolean> {
  const text = await store.getObject(key).catch(() => null);
  return text !== null && isOwn(text);
}

/** Whether it was there. A worker that was killed may have left half of it, which goes too. */
async function removeObject(store: ObjectStore, key: string): Promise<boolean> {
  const wasThere = (await store.head(key)) !== null;
  await store.remove(key);
  return wasThere;
}
