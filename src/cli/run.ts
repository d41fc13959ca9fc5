import { randomBytes } from 'node:crypto';
import { Command, Option } from 'commander';
import { BACKUP_MODES, BackupInput, PROCEDURE_NAMES, type BackupResult } from '../contract/backup.ts';
import { SafepointError } from '../contract/errors.ts';
import type { RunRef } from '../system/runs.ts';
import type { BackupRuns } from './backupRuns.ts';
import type { CliDeps, Finish } from './deps.ts';
import { EXIT, type ExitCode } from './exitCodes.ts';
import { toFailure } from './failure.ts';
import { writeJson } from './json.ts';
import { createProgress } from './progress.ts';
import { renderDetached, renderInterrupted, renderResult } from './render/result.ts';
import { watchRun } from './watch.ts';

type RunOptions = { mode?: string; procedure?: string; backupId?: string; detach?: boolean; json?: boolean };

export function runCommand(deps: CliDeps, finish: Finish): Command {
  return new Command('run')
    .description('back up a cluster; a worker does the work, this command only starts it and watches')
    .argument('<cluster>', 'name of a cluster in the config of the worker')
    .addOption(
      new Option('--procedure <name>', 'order and pause; default: that of the cluster').choices(
        PROCEDURE_NAMES,
      ),
    )
    .addOption(
      new Option(
        '--mode <mode>',
        'cold: Operate, Tasklist and Optimize must be stopped; default: hot',
      ).choices(BACKUP_MODES),
    )
    .option('--backup-id <id>', 'default: a new one; must be greater than every earlier one')
    .option('--wait', 'show the progress until the run ends (default)')
    .addOption(new Option('--detach', 'print the workflow id and return').conflicts('wait'))
    .option('--json', 'print the result as JSON; progress goes to stderr')
    .action(async (cluster: string, options: RunOptions) => {
      finish(await runBackup(deps, toInput(cluster, options), options));
    });
}

async function runBackup(deps: CliDeps, input: BackupInput, options: RunOptions): Promise<ExitCode> {
  const runs = await deps.connect();
  try {
    const run = await runs.start(workflowIdFor('backup', input.cluster, new Date()), input);
    if (options.detach) {
      if (options.json) writeJson(deps.stdout, { ...run, namespace: runs.namespace });
      else deps.stdout.write(renderDetached(run, runs.namespace));
      return EXIT.complete;
    }
    return await waitForRun(deps, runs, run, options.json === true);
  } finally {
    await runs.close();
  }
}

async function waitForRun(deps: CliDeps, runs: BackupRuns, run: RunRef, asJson: boolean): Promise<ExitCode> {
  const interrupt = deps.catchInterrupt();
  const progress = createProgress(deps.stderr);
  progress.say(`started ${run.workflowId}; Ctrl-C stops watching, not the run`);
  let result: BackupResult;
  try {
    result = await watchRun(runs, run, progress, { signal: interrupt });
  } catch (error) {
    progress.end();
    const unreachable = toFailure(error).exitCode === EXIT.unreachable;
    if (interrupt.aborted || unreachable) deps.stderr.write(renderInterrupted(run, runs.namespace));
    if (!interrupt.aborted) throw error;
    if (asJson) writeJson(deps.stdout, { ...run, namespace: runs.namespace });
    return EXIT.interrupted;
  } finally {
    progress.end();
  }
  if (asJson) writeJson(deps.stdout, { ...run, namespace: runs.namespace, result });
  else deps.stdout.write(renderResult(result, run, runs.namespace));
  return EXIT[result.verdict];
}

function toInput(cluster: string, { mode, procedure, backupId }: RunOptions): BackupInput {
  const parsed = BackupInput.safeParse({
    cluster,
    ...(mode === undefined ? {} : { mode }),
    ...(procedure === undefined ? {} : { procedure }),
    ...(backupId === undefined ? {} : { backupId }),
  });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new SafepointError('InvalidInput', problems.join('; '));
}

/** `backup-prod-2026-11-22T02-00-00-3fa9`: sorts by time, and needs no quotes in a shell. */
export function workflowIdFor(type: string, cluster: string, now: Date): string {
  const time = now.toISOString().slice(0, 19).replaceAll(':', '-');
  return `${type}-${cluster}-${time}-${randomBytes(2).toString('hex')}`;
}
