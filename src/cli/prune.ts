import { Command } from 'commander';
import { RETAIN_WORKFLOW, retainWorkflowId } from '../contract/names.ts';
import type { RetainInput, RetainResult, RetentionPlan } from '../contract/retention.ts';
import { SafepointError } from '../contract/errors.ts';
import type { BackupRuns } from './backupRuns.ts';
import type { CliDeps, Finish } from './deps.ts';
import { EXIT } from './exitCodes.ts';
import { CommandError } from './failure.ts';
import { writeJson } from './json.ts';
import { requireCluster } from './names.ts';
import { printable } from './render/printable.ts';
import { renderPlan, renderRotation } from './render/prune.ts';
import { requireWorkers } from './withRuns.ts';

type PruneOptions = { config?: string; apply?: boolean; force?: boolean; json?: boolean };

export function pruneCommand(deps: CliDeps, finish: Finish): Command {
  return new Command('prune')
    .description('what the retention of a cluster keeps and deletes, and why; deletes only with --apply')
    .argument('<cluster>', 'name of a cluster in the config')
    .option('--apply', 'delete what the plan says; a worker does it')
    .option('--force', 'also more sets at once than maxShare allows')
    .option('--json', 'print the plan, and what was done, as JSON')
    .action(async (cluster: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<PruneOptions>();
      const { apply = false, force = false } = options;
      const config = deps.loadConfig(options.config);
      requireCluster(cluster, Object.keys(config.clusters));
      const runs = await connect(deps, apply);
      try {
        const plan = await deps.planRotation(config, cluster, { force, runs });
        if (!options.json) deps.stdout.write(renderPlan(plan, apply));
        const done = apply && runs !== null ? await carryOut(runs, plan, force) : null;
        if (options.json) writeJson(deps.stdout, { plan, done });
        else if (done !== null) deps.stdout.write(renderRotation(done));
        if (done !== null && done.left.length > 0) finish(EXIT.partial);
      } finally {
        await runs?.close();
      }
    });
}

/** A plan can be looked at without Temporal; sets that are in flight then cannot be told from dead ones, and stay. */
async function connect(deps: CliDeps, apply: boolean): Promise<BackupRuns | null> {
  try {
    return await deps.connect();
  } catch (error) {
    if (apply || !(error instanceof CommandError)) throw error;
    deps.stderr.write(printable(`${error.message}; unfinished sets are kept\n`));
    return null;
  }
}

/** No more goes than what was shown, whatever happens meanwhile. */
async function carryOut(runs: BackupRuns, plan: RetentionPlan, force: boolean): Promise<RetainResult> {
  const { cluster, decisions, refused } = plan;
  if (refused !== null) throw new SafepointError('RotationRefused', refused);
  const backupIds = decisions.filter(({ action }) => action === 'delete').map(({ backupId }) => backupId);
  if (backupIds.length === 0) return { cluster, deleted: [], left: [], kept: decisions.length };
  await requireWorkers(runs);
  const input: RetainInput = { cluster, backupIds, ...(force && { force }) };
  return await runs.execute<RetainResult>({
    type: RETAIN_WORKFLOW,
    workflowId: retainWorkflowId(cluster),
    input,
    summary: `rotation of ${cluster}, by hand`,
  });
}
