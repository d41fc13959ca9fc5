import { Command, Option } from 'commander';
import { hasErrors } from '../activities/preflight/refusal.ts';
import { BACKUP_MODES } from '../contract/backup.ts';
import type { CliDeps, Finish } from './deps.ts';
import { EXIT } from './exitCodes.ts';
import { writeJson } from './json.ts';
import { requireCluster } from './names.ts';
import { renderDoctor } from './render/doctor.ts';

type DoctorOptions = { config?: string; mode?: string; json?: boolean };

export function doctorCommand(deps: CliDeps, finish: Finish): Command {
  return new Command('doctor')
    .description(
      'check every precondition of a backup from here, without Temporal; changes nothing that stays',
    )
    .argument('<cluster>', 'name of a cluster in the config')
    .addOption(
      new Option('--mode <mode>', 'cold: with Operate, Tasklist and Optimize stopped; default: hot').choices(
        BACKUP_MODES,
      ),
    )
    .option('--json', 'print the report as JSON')
    .action(async (cluster: string, _options: unknown, command: Command) => {
      const { config: path, mode, json } = command.optsWithGlobals<DoctorOptions>();
      const config = deps.loadConfig(path);
      requireCluster(cluster, Object.keys(config.clusters));
      const report = await deps.inspectCluster(config, cluster, { cold: mode === 'cold' });
      if (json) writeJson(deps.stdout, report);
      else deps.stdout.write(renderDoctor(report));
      finish(hasErrors(report) ? EXIT.preflight : EXIT.complete);
    });
}
