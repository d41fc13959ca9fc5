import type { CallOptions } from '../../camunda/port.ts';
import type { BackupPlan } from '../../contract/backup.ts';
import { SafepointError } from '../../contract/errors.ts';
import type { Intent } from '../../contract/intent.ts';
import type { CutPart } from '../../contract/parts.ts';
import { chooseBackupId, newestId } from '../../domain/backupId.ts';
import { INTENT, setKey } from '../../domain/setKeys.ts';
import type { ObjectStore } from '../../storage/port.ts';
import { readIntent } from '../readIntent.ts';

/** Each try is lost to another run only; more than a few at one moment means that something else is wrong. */
const MAX_TRIES = 5;

export type Opening = {
  plan: BackupPlan;
  parts: CutPart[]; // in the order taken
  run: { workflowId: string; runId: string };
  givenUp: readonly string[]; // ids of earlier sets of this run
  store: ObjectStore;
  call: CallOptions;
};

/**
 * Takes a backup id by writing `intent.json` create-only, and returns it. A retry whose first answer was lost finds its own
 * intent and keeps the id. Fails with `BackupIdRefused`.
 */
export async function openSet(opening: Opening, seenIds: readonly string[]): Promise<string> {
  const own = await findOwnId(opening, seenIds);
  if (own !== null) return own;

  const taken: string[] = [];
  for (let attempt = 1; attempt <= MAX_TRIES; attempt += 1) {
    const backupId = decideId(opening, [...seenIds, ...taken]);
    if (await writeIntent(opening, backupId)) return backupId;
    taken.push(backupId);
  }
  throw new SafepointError(
    'StoreFailed',
    `${MAX_TRIES} backup ids in a row were taken by other runs in ${opening.store.locate(opening.plan.cluster)}; look who else backs this cluster up`,
  );
}

/** Only the newest id can still be used: Camunda takes none below one that it has seen. */
async function findOwnId(
  { plan, run, givenUp, store, call }: Opening,
  seenIds: readonly string[],
): Promise<string | null> {
  const newest = newestId(seenIds).toString();
  if (givenUp.includes(newest)) return null;
  const intent = await readIntent(store, { cluster: plan.cluster, backupId: newest }, call);
  return intent?.runId === run.runId ? newest : null;
}

function decideId({ plan, parts }: Opening, seenIds: string[]): string {
  const decision = chooseBackupId({
    requested: plan.requestedBackupId,
    nowMs: Date.now(),
    seenIds,
    narrowIds: (['operate', 'tasklist', 'indices'] as const).some((part) => parts.includes(part)),
  });
  if ('refused' in decision) throw new SafepointError('BackupIdRefused', decision.refused);
  return decision.id;
}

/** Whether the id is ours now. */
async function writeIntent({ plan, parts, run, store, call }: Opening, backupId: string): Promise<boolean> {
  const intent: Intent = {
    schema: 'safepoint/intent/v1',
    cluster: plan.cluster,
    backupId,
    procedure: plan.procedure,
    parts,
    databases: plan.databases,
    ...run,
    startedAt: new Date().toISOString(),
  };
  try {
    await store.putObject(setKey(plan.cluster, backupId, INTENT), `${JSON.stringify(intent, null, 2)}\n`, {
      createOnly: true,
      ...call,
    });
    return true;
  } catch (error) {
    if (!(error instanceof SafepointError && error.code === 'ObjectExists')) throw error;
    // The client of the store may have tried twice, and met its own first try.
    const there = await readIntent(store, { cluster: plan.cluster, backupId }, call);
    return there?.runId === run.runId;
  }
}
