import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { VerifyInput, VerifyResult } from '../contract/verification.ts';
import { chooseSetsOptions, verifyOptions } from './activityOptions.ts';
import { closeOnError, fail } from './failures.ts';
import { checkVerifyShape } from './inputShape.ts';

const { chooseSets } = proxyActivities<Activities>(chooseSetsOptions);
const { verifyStoredSet } = proxyActivities<Activities>(verifyOptions);

/**
 * Looks at sets long after they were sealed: manifests, every dump read back, every part asked for again. What it finds is
 * recorded beside each set. Fails when a set is no longer whole, so that it is red in the list of runs.
 */
export function verify(input: VerifyInput): Promise<VerifyResult> {
  return closeOnError(async () => {
    checkVerifyShape(input);
    const { cluster } = input;
    const result: VerifyResult = { cluster, sets: [] };
    for (const backupId of await chooseSets(input)) {
      const options = { ...verifyOptions, summary: `verify set ${backupId}` };
      result.sets.push(await verifyStoredSet.executeWithOptions(options, [{ cluster, backupId }]));
    }
    const bad = result.sets.filter(({ problems }) => problems.length > 0);
    if (bad.length > 0)
      throw fail(
        'VerifyFailed',
        bad
          .map(({ backupId, problems }) => `set ${backupId} of ${cluster}: ${problems.join('; ')}`)
          .join('\n'),
      );
    return result;
  });
}
