import { log } from '@temporalio/activity';
import type { BackupPlan } from '../contract/backup.ts';
import type { CutPart } from '../contract/parts.ts';
import { dumpName, MANIFEST, setKey } from '../domain/setKeys.ts';
import { messageOf } from '../system/redact.ts';
import type { ActivityDeps } from './deps.ts';
import { removePart } from './removePart.ts';

export type CleanUpInput = { plan: BackupPlan; backupId: string; parts: CutPart[] };

/** What was removed, and what stays because it could not be: one sentence each. */
export type CleanUp = { removed: string[]; left: string[] };

/** Deletions of the applications are carried out later than they are answered. */
const GONE_MS = 10_000;

export function createCleanUpActivities({ camunda, store }: ActivityDeps) {
  return {
    /**
     * Removes the parts and dumps of a set that was given up, so that neither keeps the next one out or fills the stores. Its
     * intent stays: the id is never taken again. A set with a manifest is a backup and is not touched. Never fails for what
     * cannot be removed: that is named in the result and in the log.
     */
    async cleanUpSet({ plan, backupId, parts }: CleanUpInput): Promise<CleanUp> {
      const target = store(plan.store);
      const clean: CleanUp = { removed: [], left: [] };
      if ((await target.head(setKey(plan.cluster, backupId, MANIFEST))) !== null) return clean;

      const tidy = async (name: string, remove: () => Promise<boolean>) => {
        try {
          if (await remove()) clean.removed.push(name);
        } catch (error) {
          clean.left.push(`${name}: ${messageOf(error)}`);
        }
      };
      const client = camunda(plan.cluster);
      await Promise.all([
        ...parts.map((part) => tidy(part, () => removePart(client, part, backupId, { goneMs: GONE_MS }))),
        ...plan.databases.map((database) =>
          tidy(database, async () => {
            const key = setKey(plan.cluster, backupId, dumpName(database));
            const wasThere = (await target.head(key)) !== null;
            await target.remove(key); // a worker that was killed may have left half of it
            return wasThere;
          }),
        ),
      ]);
      if (clean.left.length > 0)
        log.warn('a set that was given up could not be removed whole', { backupId, left: clean.left });
      return clean;
    },
  };
}
