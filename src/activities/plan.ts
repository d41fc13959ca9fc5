import { COLD, procedures } from '../domain/procedures.ts';
import { BackupInput, type BackupPlan } from '../contract/backup.ts';
import { SafepointError } from '../contract/errors.ts';
import type { ActivityDeps } from './deps.ts';
import { requireSettings } from './stores.ts';

export function createPlanActivities({ config }: ActivityDeps) {
  return {
    /**
     * The part of the config that a run needs, frozen for its whole life: no secrets, no addresses. Touches nothing.
     * Fails with `InvalidInput`, naming what exists.
     */
    planBackup(input: BackupInput): Promise<BackupPlan> {
      return Promise.resolve(plan(config, input));
    },
  };
}

function plan(config: ActivityDeps['config'], input: BackupInput): BackupPlan {
  const parsed = BackupInput.safeParse(input);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new SafepointError(
      'InvalidInput',
      `${problems.join('; ')}; give an object such as {"cluster":"prod"}`,
    );
  }
  const cluster = requireSettings(config, parsed.data.cluster);
  const procedure = parsed.data.mode === 'cold' ? COLD : (parsed.data.procedure ?? cluster.procedure);
  const { preflight, part, window, dump, seal, stall, resume } = cluster.budgets;
  return {
    cluster: parsed.data.cluster,
    requestedBackupId: parsed.data.backupId ?? null,
    procedure,
    pause: procedures[procedure].pause,
    databases: Object.keys(cluster.databases),
    store: cluster.store,
    copies: cluster.copies,
    flushDelayMs: cluster.exporter.flushDelay,
    budgets: {
      preflightMs: preflight,
      partMs: part,
      windowMs: window,
      dumpMs: dump,
      sealMs: seal,
      stallMs: stall,
      resumeMs: resume,
    },
    // A given id names one set; a second one could not have it.
    attempts: parsed.data.backupId === undefined ? cluster.attempts : 1,
    ...(cluster.retention === undefined ? {} : { retain: true }),
    ...(cluster.replicate?.afterBackup === true ? { replicate: true } : {}),
    searchAttributes: config.temporal.searchAttributes,
  };
}
