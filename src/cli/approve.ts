import { Command } from 'commander';
import type { RestoreStatus } from '../contract/restore.ts';
import type { CliDeps } from './deps.ts';
import { writeJson } from './json.ts';
import { printable } from './render/printable.ts';
import { withRuns } from './withRuns.ts';

type ApproveOptions = { json?: boolean };

export function approveCommand(deps: CliDeps): Command {
  return new Command('approve')
    .description('approve a restore that waits for it')
    .argument('<workflow>', 'workflow id of the restore')
    .argument('<digest>', 'of the plan that you have read; another plan is refused')
    .option('--json', 'print what was approved as JSON')
    .action(async (workflowId: string, digest: string, options: ApproveOptions) => {
      const run = { workflowId, runId: '' };
      const target = await withRuns(deps, async (runs) => {
        await runs.approve(run, digest);
        return (await runs.queryStatus<RestoreStatus>(run)).target;
      });
      if (options.json) writeJson(deps.stdout, { workflowId, digest, target });
      else deps.stdout.write(printable(`plan ${digest} is approved; ${target} is being restored\n`));
    });
}
