import { setTimeout as delay } from 'node:timers/promises';
import { Command, Option } from 'commander';
import { SafepointError } from '../contract/errors.ts';
import { RESTORE_WORKFLOW } from '../contract/names.ts';
import type { RestoreInput, RestorePlan, RestoreResult, RestoreStatus } from '../contract/restore.ts';
import type { RunRef } from '../system/runs.ts';
import type { BackupRuns } from './backupRuns.ts';
import type { CliDeps, Finish } from './deps.ts';
import { EXIT, type ExitCode } from './exitCodes.ts';
import { asCancelled } from './failure.ts';
import { findSet } from './findSet.ts';
import { writeJson } from './json.ts';
import { requireCluster } from './names.ts';
import { renderInterrupted } from './render/result.ts';
import { renderRestored, renderRestorePlan, renderWaiting } from './render/restore.ts';
import { followRestore } from './restoreProgress.ts';
import { workflowIdFor } from './run.ts';
import { requireWorkers } from './withRuns.ts';

type RestoreOptions = {
  config?: string;
  cluster?: string;
  latest?: boolean;
  before?: string;
  into?: string;
  force?: boolean;
  plan?: boolean;
  yes?: boolean;
  approve?: string;
  json?: boolean;
};

const POLL_MS = 300;

export function restoreCommand(deps: CliDeps, finish: Finish): Command {
  return new Command('restore')
    .description('bring a set back: shows the plan, waits for its approval, then a worker carries it out')
    .argument('[id]', 'backup id; else say which set')
    .option('--cluster <name>', 'whose set; needed without an id, and where several clusters have it')
    .addOption(new Option('--latest', 'the newest complete set').conflicts('before'))
    .option(
      '--before <time>',
      'the newest complete set sealed before this time, such as 2026-11-25T02:00:00Z',
    )
    .option('--into <cluster>', 'another cluster of the config; default: the one that it is of')
    .option('--force', 'also a set that is partial, or whose last check failed')
    .addOption(new Option('--plan', 'only show the plan').conflicts(['yes', 'approve']))
    .addOption(new Option('--yes', 'approve the plan without asking').conflicts('approve'))
    .option('--approve <digest>', 'approve the plan if it is still the one of this digest')
    .option('--json', 'print plan and result as JSON')
    .action(async (backupId: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<RestoreOptions>();
      const input = await toInput(deps, backupId, options);
      finish(await runRestore(deps, input, options));
    });
}

async function toInput(
  deps: CliDeps,
  backupId: string | undefined,
  { config: path, cluster, latest, before, into, force }: RestoreOptions,
): Promise<RestoreInput> {
  const config = deps.loadConfig(path);
  const known = Object.keys(config.clusters);
  for (const name of [cluster, into]) if (name !== undefined) requireCluster(name, known);
  if ([backupId, latest, before].filter((choice) => choice !== undefined).length !== 1)
    throw new SafepointError('InvalidInput', 'give one of a backup id, --latest and --before TIME');
  const more = { ...(into !== undefined && { into }), ...(force && { force }) };
  if (backupId === undefined) {
    if (cluster === undefined) throw new SafepointError('InvalidInput', 'say whose set with --cluster');
    return { cluster, ...(before === undefined ? { latest: true } : { before }), ...more };
  }
  const [folder] = await findSet(await deps.openStores(config), backupId, cluster);
  return { cluster: folder?.cluster ?? '', backupId, ...more };
}

async function runRestore(deps: CliDeps, input: RestoreInput, options: RestoreOptions): Promise<ExitCode> {
  const runs = await deps.connect();
  try {
    await requireWorkers(runs);
    const run = await runs.startOther({
      type: RESTORE_WORKFLOW,
      workflowId: workflowIdFor(RESTORE_WORKFLOW, input.cluster, new Date()),
      input,
      summary: `restore ${input.cluster} ${input.backupId ?? input.before ?? 'latest'}`,
    });
    const plan = await waitForPlan(runs, run);
    if (!options.json) deps.stdout.write(renderRestorePlan(plan));
    return await decide(deps, runs, { run, plan, options });
  } catch (error) {
    throw asCancelled(error, 'RestoreCancelled');
  } finally {
    await runs.close();
  }
}

/** Fails with what the run failed with: a restore that is refused has no plan. */
async function waitForPlan(runs: BackupRuns, run: RunRef): Promise<RestorePlan> {
  const failed = runs.resultOf<RestoreResult>(run).then(() => null);
  failed.catch(() => undefined);
  for (;;) {
    const status = await runs.queryStatus<RestoreStatus>(run).catch(() => null);
    if (status?.plan) return status.plan;
    await Promise.race([failed, delay(POLL_MS)]);
  }
}

type Decision = { run: RunRef; plan: RestorePlan; options: RestoreOptions };

async function decide(deps: CliDeps, runs: BackupRuns, decision: Decision): Promise<ExitCode> {
  const { run, plan, options } = decision;
  if (options.plan) {
    await runs.cancel(run);
    if (options.json) writeJson(deps.stdout, { plan });
    return EXIT.complete;
  }
  if (options.approve !== undefined && options.approve !== plan.digest) {
    await runs.cancel(run);
    throw new SafepointError('PlanOutdated', `the plan is ${plan.digest} now, not ${options.approve}`);
  }
  const asked = `Restore set ${plan.backupId} into ${plan.target}, and delete ${plan.indices.length} indices there?`;
  const isApproved = options.yes === true || options.approve !== undefined || (await deps.confirm(asked));
  if (!isApproved) {
    if (options.json) writeJson(deps.stdout, { ...run, plan });
    else deps.stdout.write(renderWaiting(plan, run));
    return EXIT.complete;
  }
  await runs.approve(run, plan.digest);
  return await watch(deps, runs, decision);
}

async function watch(deps: CliDeps, runs: BackupRuns, { run, plan, options }: Decision): Promise<ExitCode> {
  const result = await followRestore(runs, run, { stream: deps.stderr, signal: deps.catchInterrupt() });
  if (result === null) {
    deps.stderr.write(renderInterrupted(run, runs.namespace));
    if (options.json) writeJson(deps.stdout, { ...run, plan });
    return EXIT.interrupted;
  }
  if (options.json) writeJson(deps.stdout, { ...run, plan, result });
  else deps.stdout.write(renderRestored(result));
  return EXIT.complete;
}
