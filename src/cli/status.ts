import { Command } from 'commander';
import type { Config } from '../config/schema.ts';
import type { CliDeps, Finish } from './deps.ts';
import { EXIT } from './exitCodes.ts';
import { CommandError } from './failure.ts';
import { writeJson } from './json.ts';
import { requireCluster } from './names.ts';
import { renderStatus } from './render/status.ts';
import { readStatus, readTemporal, type TemporalView } from './readStatus.ts';

export function statusCommand(deps: CliDeps, finish: Finish): Command {
  return new Command('status')
    .description('every cluster: last good set, what runs, what comes next, what is wrong')
    .argument('[cluster]', 'default: every cluster in the config')
    .option('--json', 'print the status as JSON')
    .action(async (cluster: string | undefined, _options: unknown, command: Command) => {
      const { config: path, json } = command.optsWithGlobals<{ config?: string; json?: boolean }>();
      const config = deps.loadConfig(path);
      const known = Object.keys(config.clusters);
      if (cluster !== undefined) requireCluster(cluster, known);
      const stores = await deps.openStores(config);
      const report = await lookAtTemporal(deps, config, (temporal, unreachable) =>
        readStatus(cluster === undefined ? known : [cluster], { config, stores, temporal, unreachable }),
      );
      if (json) writeJson(deps.stdout, report);
      else deps.stdout.write(renderStatus(report, Date.now()));
      if (report.workers === null) finish(EXIT.unreachable);
      else if ([report, ...report.clusters].some(({ problems }) => problems.length > 0)) finish(EXIT.failed);
    });
}

/** What the stores say is worth knowing also when Temporal is away. */
async function lookAtTemporal<T>(
  deps: CliDeps,
  config: Config,
  look: (temporal: TemporalView | null, unreachable: string | null) => Promise<T>,
): Promise<T> {
  const runs = await deps.connect().catch((error: unknown) => {
    if (error instanceof CommandError) return error.message;
    throw error;
  });
  if (typeof runs === 'string') return await look(null, runs);
  try {
    return await look(await readTemporal(runs, config), null);
  } finally {
    await runs.close();
  }
}
