import { isCancellation, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { CutPart } from '../contract/parts.ts';
import type { DeleteSetInput, DeleteSetResult } from '../contract/retention.ts';
import { deletionOptions, partDeletionOptions } from './activityOptions.ts';
import { closeOnError, toFailure } from './failures.ts';
import { checkSetShape } from './inputShape.ts';

const { beginDeletion, deleteObjects, finishDeletion } = proxyActivities<Activities>(deletionOptions);
const { deletePart } = proxyActivities<Activities>(partDeletionOptions);

/**
 * Deletes one set, whole: tombstone -> parts in Camunda -> dumps and records in every store -> manifest -> tombstone. Each step
 * may be done twice. What cannot go now stays with its tombstone, shows as `deleting`, and goes with a later rotation.
 */
export function deleteSet(input: DeleteSetInput): Promise<DeleteSetResult> {
  return closeOnError(async () => {
    checkSetShape(input);
    const { cluster, backupId } = input;
    const set = { cluster, backupId };
    const begun = await beginDeletion.executeWithOptions(
      { ...deletionOptions, summary: `bury set ${backupId}` },
      [{ ...set, reasons: input.reasons ?? [] }],
    );
    if (begun === null) return { ...set, left: [] };

    const left = (await Promise.all(begun.parts.map((part) => tryPart(set, part)))).flat();
    left.push(...(await deleteObjects(set)));
    if (left.length === 0) left.push(...(await finishDeletion(set)));
    return { ...set, left };
  });
}

async function tryPart(set: { cluster: string; backupId: string }, part: CutPart): Promise<string[]> {
  try {
    await deletePart.executeWithOptions({ ...partDeletionOptions, summary: `delete ${part}` }, [
      { ...set, part },
    ]);
    return [];
  } catch (error) {
    if (isCancellation(error)) throw error;
    return [`${part}: ${toFailure(error).message}`];
  }
}
