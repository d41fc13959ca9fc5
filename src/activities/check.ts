import { cancellationSignal } from '@temporalio/activity';
import { SafepointError } from '../contract/errors.ts';
import type { CheckRecord } from '../contract/setRecords.ts';
import type { SetState } from '../contract/setState.ts';
import type { VerifiedSet, VerifyInput } from '../contract/verification.ts';
import { chooseSets, parseSets, type CheckedSet } from '../domain/chooseSets.ts';
import { checkName } from '../domain/setCheck.ts';
import { setKey } from '../domain/setKeys.ts';
import { listCatalog } from '../storage/catalog.ts';
import type { ObjectStore } from '../storage/port.ts';
import { openFolder } from '../storage/setFolders.ts';
import type { ActivityDeps } from './deps.ts';
import { withHeartbeats } from './heartbeats.ts';
import { storesOfCluster } from './stores.ts';
import { inspectStoredSet } from './verifyStored.ts';

export function createCheckActivities(deps: ActivityDeps) {
  const { config, camunda } = deps;
  return {
    /** Ids of the sets to look at, of those that were sealed. Fails with `InvalidInput` when there is none. */
    async chooseSets({ cluster, backupId, sets }: VerifyInput): Promise<string[]> {
      if (backupId !== undefined && sets !== undefined)
        throw new SafepointError('InvalidInput', 'give backupId or sets, not both');
      const which = parseSets(sets ?? 'latest');
      if (which === null)
        throw new SafepointError(
          'InvalidInput',
          `sets is ${JSON.stringify(sets)}, must be latest, all, or a share such as 5%`,
        );
      const stores = storesOfCluster(deps, cluster);
      return await withHeartbeats(async () => {
        const known = await listBackups(stores, cluster);
        const found = backupId === undefined ? known : known.filter((set) => set.backupId === backupId);
        if (found.length > 0) return chooseSets(found, backupId === undefined ? which : 'all');
        const wanted = backupId === undefined ? 'no set' : `no set ${backupId}`;
        throw new SafepointError(
          'InvalidInput',
          `${wanted} of ${cluster} was sealed; \`safepoint list ${cluster}\` shows all`,
        );
      });
    },

    /** Verifies one set and leaves what it found beside it, in every store that has it. */
    async verifyStoredSet({
      cluster,
      backupId,
    }: {
      cluster: string;
      backupId: string;
    }): Promise<VerifiedSet> {
      const stores = storesOfCluster(deps, cluster);
      return await withHeartbeats(async (report) => {
        const { findings, restorable } = await inspectStoredSet(
          {
            camunda: camunda(cluster),
            stores,
            encryption: config.clusters[cluster]?.encryption,
            cluster,
            backupId,
          },
          report,
        );
        const bad = findings.filter(({ ok, severity }) => !ok && severity === 'error');
        const record: CheckRecord = {
          schema: 'safepoint/check/v1',
          cluster,
          backupId,
          ok: bad.length === 0,
          restorable,
          checkedAt: new Date().toISOString(),
          findings,
        };
        await recordCheck(stores, record);
        return { backupId, problems: bad.map(({ check, seen }) => `${check}: ${seen}`) };
      });
    },
  };
}

/** A manifest that cannot be read any more is what a verification must find. */
const SEALED: readonly SetState[] = ['complete', 'partial', 'unreadable'];

/** Newest first; a set that is in several stores once, with the time of its last check in any of them. */
async function listBackups(stores: readonly ObjectStore[], cluster: string): Promise<CheckedSet[]> {
  const { entries } = await listCatalog(stores, { cluster });
  const byId = new Map<string, CheckedSet>();
  for (const { backupId, state, check, completedAt } of entries) {
    if (!SEALED.includes(state)) continue;
    const checkedAt = check?.at ?? completedAt ?? '';
    const known = byId.get(backupId);
    if (known === undefined || known.checkedAt < checkedAt) byId.set(backupId, { backupId, checkedAt });
  }
  return [...byId.values()];
}

async function recordCheck(stores: readonly ObjectStore[], record: CheckRecord): Promise<void> {
  const { cluster, backupId, checkedAt: at, ok } = record;
  const text = `${JSON.stringify(record, null, 2)}\n`;
  for (const store of stores) {
    if ((await openFolder(store, cluster, backupId)) === null) continue;
    await store.putObject(setKey(cluster, backupId, checkName({ at, ok })), text, {
      signal: cancellationSignal(),
    });
  }
}
