import { cancellationSignal } from '@temporalio/activity';
import type { BackupPlan, BackupResult, SealInput } from '../contract/backup.ts';
import { SafepointError } from '../contract/errors.ts';
import type { SetFailure } from '../contract/failure.ts';
import { FAILURE, MANIFEST, setKey } from '../domain/setKeys.ts';
import { judgeSet } from '../domain/verdict.ts';
import type { ActivityDeps } from './deps.ts';
import { withHeartbeats } from './heartbeats.ts';
import { buildManifest, findRecorded, recordSet } from './record.ts';
import { storesOf } from './stores.ts';
import { verifySet } from './verify.ts';

export function createSealActivities(deps: ActivityDeps) {
  const { camunda, config, store, setEnded } = deps;
  return {
    /**
     * Verifies the set, judges it, and writes the manifest as its last object to every store, the one that leads last. One activity, so that index lists and
     * evidence go straight into the manifest and never through a history. Fails with `SetFailed`, and then writes nothing.
     */
    async sealSet(input: SealInput): Promise<BackupResult> {
      return await withHeartbeats((report) => verifyAndRecord(input, report));
    },

    /** Leaves `failure.json` beside the intent of a set that was given up. */
    async recordFailure(failed: {
      plan: BackupPlan;
      backupId: string;
      code: string;
      message: string;
    }): Promise<void> {
      const { plan, backupId, code, message } = failed;
      const manifest = setKey(plan.cluster, backupId, MANIFEST);
      if ((await store(plan.store).head(manifest)) !== null) return; // the set was finished before the run ended
      const failure: SetFailure = {
        schema: 'safepoint/failure/v1',
        backupId,
        code,
        message,
        failedAt: new Date().toISOString(),
      };
      const key = setKey(plan.cluster, backupId, FAILURE);
      await store(plan.store).putObject(key, `${JSON.stringify(failure, null, 2)}\n`, {
        signal: cancellationSignal(),
      });
      setEnded(plan.cluster, 'failed');
    },
  };

  async function verifyAndRecord(
    input: SealInput,
    report: (details: { progress: string }) => void,
  ): Promise<BackupResult> {
    const stores = storesOf(deps, input.plan);
    const recorded = await findRecorded(stores, input);
    if (recorded !== null) return recorded;
    const { encryption } = config.clusters[input.plan.cluster] ?? {};
    const verified = await verifySet(camunda(input.plan.cluster), { stores, encryption }, input, report);
    const { verdict, reasons } = judgeSet(verified.findings, verified.cut);
    if (verdict === 'failed') {
      throw new SafepointError(
        'SetFailed',
        `set ${input.backupId} of ${input.plan.cluster} is no backup: ${reasons.join('; ')}`,
      );
    }
    const manifest = buildManifest(stores, input, verified, { verdict, reasons });
    const result = await recordSet(stores, input, manifest);
    setEnded(result.cluster, result.verdict);
    return result;
  }
}
