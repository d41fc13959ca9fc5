import { Command, Option } from 'commander';
import type { DrillInput, DrillResult } from '../contract/drill.ts';
import { SafepointError } from '../contract/errors.ts';
import { DRILL_WORKFLOW } from '../contract/names.ts';
import { TRIAL_LEVELS, type TrialLevel } from '../domain/setTrial.ts';
import type { CliDeps } from './deps.ts';
import { asCancelled } from './failure.ts';
import { findSet } from './findSet.ts';
import { writeJson } from './json.ts';
import { requireCluster } from './names.ts';
import { renderDrill } from './render/restore.ts';
import { workflowIdFor } from './run.ts';
import { requireWorkers, withRuns } from './withRuns.ts';

type DrillOptions = { config?: string; cluster?: string; level?: TrialLevel; json?: boolean };

export function drillCommand(deps: CliDeps): Command {
  return new Command('drill')
    .description('prove a set restorable without touching its cluster; a worker does the work')
    .argument('[id]', 'backup id; default: the newest complete set of --cluster')
    .option('--cluster <name>', 'whose set; needed without an id, and where several clusters have it')
    .addOption(
      new Option('--level <level>', 'how much is restored; default: that of the cluster').choices(
        TRIAL_LEVELS,
      ),
    )
    .option('--json', 'print the result as JSON')
    .action(async (backupId: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<DrillOptions>();
      const input = await toInput(deps, backupId, options);
      const result = await withRuns(deps, async (runs) => {
        await requireWorkers(runs);
        const drilled = runs.execute<DrillResult>({
          type: DRILL_WORKFLOW,
          workflowId: workflowIdFor(DRILL_WORKFLOW, input.cluster, new Date()),
          input,
          summary: `drill ${input.cluster} ${input.backupId ?? 'latest'}`,
        });
        return await drilled.catch((error: unknown): never => {
          throw asCancelled(error, 'DrillCancelled');
        });
      });
      if (options.json) writeJson(deps.stdout, result);
      else deps.stdout.write(renderDrill(result));
    });
}

async function toInput(
  deps: CliDeps,
  backupId: string | undefined,
  { config: path, cluster, level }: DrillOptions,
): Promise<DrillInput> {
  const config = deps.loadConfig(path);
  if (cluster !== undefined) requireCluster(cluster, Object.keys(config.clusters));
  const depth = level === undefined ? {} : { level };
  if (backupId === undefined) {
    if (cluster === undefined)
      throw new SafepointError('InvalidInput', 'give a backup id, or say whose newest set with --cluster');
    return { cluster, ...depth };
  }
  const [folder] = await findSet(await deps.openStores(config), backupId, cluster);
  return { cluster: folder?.cluster ?? '', backupId, ...depth };
}
