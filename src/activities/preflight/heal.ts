import type { CallOptions } from '../../camunda/port.ts';
import type { CutPart } from '../../contract/parts.ts';
import type { Finding, PreflightReport } from '../../contract/preflight.ts';
import { MANIFEST, setKey } from '../../domain/setKeys.ts';
import type { RunRef } from '../../system/runs.ts';
import { liftAbandoned, readRunState, type PauseDeps } from '../abandonedPause.ts';
import { readIntent } from '../readIntent.ts';
import { discoverParts } from './context.ts';
import { passed } from './findings.ts';

export type Healing = PauseDeps & {
  cluster: string;
  cold: boolean;
  /** The run that asks; its earlier sets are over. */
  self: RunRef;
  call: CallOptions;
};

/** Whether the report shows something that a dead set of ours may have left. */
export function needsHealing({ findings }: PreflightReport): boolean {
  return findings.some(
    ({ check, ok }) => !ok && (check === 'exporting.running' || check.endsWith('.backups')),
  );
}

/**
 * Puts right what a set of ours left whose run is over: resumes exporting, deletes parts that are still in progress. What
 * belongs to others, or to a run that lives, stays as it is. One finding for each thing that was done.
 */
export async function healLeftovers(healing: Healing): Promise<Finding[]> {
  return [...(await healPause(healing)), ...(await healParts(healing))];
}

async function healPause(healing: Healing): Promise<Finding[]> {
  const lifted = await liftAbandoned(healing, healing.cluster, healing.self);
  if (lifted === null) return [];
  return [
    passed('exporting.healed', 'warning', `resumed exporting, which set ${lifted.backupId} had left paused`),
  ];
}

/** A component that does not answer keeps nobody else's parts; what is wrong with it stands in the report. */
async function healParts(healing: Healing): Promise<Finding[]> {
  const { camunda, cold, call } = healing;
  const tryTo = <T>(heal: Promise<T[]>): Promise<T[]> =>
    heal.catch(() => {
      call.signal?.throwIfAborted();
      return [];
    });
  const findings: Finding[] = [];
  for (const part of await tryTo(discoverParts(camunda, cold, call)))
    findings.push(...(await tryTo(healPart(healing, part))));
  return findings;
}

async function healPart(healing: Healing, part: CutPart): Promise<Finding[]> {
  const { camunda, call } = healing;
  const findings: Finding[] = [];
  for (const { backupId, foreignState } of await camunda.listBackups(part, call)) {
    if (foreignState !== 'IN_PROGRESS' || !(await isDead(healing, backupId))) continue;
    await camunda.deleteBackup(part, backupId, call);
    findings.push(
      passed(`${part}.healed`, 'warning', `deleted backup ${backupId}, left in progress by a dead set`),
    );
  }
  return findings;
}

/** A set that we began, did not finish, and whose run is over. */
async function isDead({ store, runs, cluster, self, call }: Healing, backupId: string): Promise<boolean> {
  const intent = await readIntent(store, { cluster, backupId }, call);
  if (intent === null || (await store.head(setKey(cluster, backupId, MANIFEST), call)) !== null) return false;
  return (await readRunState(runs, intent, self)) === 'closed';
}
