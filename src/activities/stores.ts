import type { BackupPlan } from '../contract/backup.ts';
import type { ObjectStore } from '../storage/port.ts';
import type { ActivityDeps } from './deps.ts';

/** The stores of a set: the one that leads, then its copies. Fails with `InvalidConfig` when the config has lost one. */
export function storesOf({ store }: Pick<ActivityDeps, 'store'>, plan: BackupPlan): ObjectStore[] {
  return [plan.store, ...(plan.copies ?? [])].map((name) => store(name));
}
