import { Command } from 'commander';
import type { HandResume } from '../contract/sentinel.ts';
import type { RunLookup } from '../system/runs.ts';
import type { BackupRuns } from './backupRuns.ts';
import type { CliDeps } from './deps.ts';
import { CommandError } from './failure.ts';
import { writeJson } from './json.ts';
import { requireCluster } from './names.ts';
import { printable } from './render/printable.ts';
import { renderTable } from './render/table.ts';

type ResumeOptions = { config?: string; force?: boolean; json?: boolean };

export function resumeCommand(deps: CliDeps): Command {
  return new Command('resume')
    .description(
      'resume exporting by hand and prove it; only where no run of Safepoint or of others answers for the pause',
    )
    .argument('<cluster>', 'name of a cluster in the config')
    .option(
      '--force',
      'also over an open window, a pause that is not ours, or without Temporal: it spoils the backup that runs',
    )
    .option('--json', 'print what was done as JSON')
    .action(async (cluster: string, _options: unknown, command: Command) => {
      const { config: path, force = false, json } = command.optsWithGlobals<ResumeOptions>();
      const config = deps.loadConfig(path);
      requireCluster(cluster, Object.keys(config.clusters));
      const runs = await connect(deps, force);
      try {
        const done = await deps.resumeExporting(config, cluster, { force, runs: runs ?? NOBODY_KNOWS });
        if (json) writeJson(deps.stdout, done);
        else deps.stdout.write(render(done));
      } finally {
        await runs?.close();
      }
    });
}

/** Breaking the glass must work without Temporal, which is when it is needed most; but nobody then says who holds the window. */
async function connect(deps: CliDeps, force: boolean): Promise<BackupRuns | null> {
  try {
    return await deps.connect();
  } catch (error) {
    if (!(force && error instanceof CommandError)) throw error;
    deps.stderr.write(printable(`${error.message}; going on without it, as --force says\n`));
    return null;
  }
}

const NOBODY_KNOWS: RunLookup = {
  findOpenWindow: () => Promise.resolve(null),
  readRunState: () => Promise.resolve('unknown'),
};

function render({ cluster, outcome, seen, readings }: HandResume): string {
  const title =
    outcome === 'resumed' ? `Exporting of ${cluster} runs again. Before: ${seen}.` : `${cluster}: ${seen}.`;
  const rows = readings.map(({ partitionId, leader, phase, exportedPosition }) => [
    `partition ${partitionId}`,
    phase,
    exportedPosition === null ? '' : `exported up to ${exportedPosition}`,
    leader,
  ]);
  return `${printable(title)}\n\n${renderTable(rows)}\n`;
}
