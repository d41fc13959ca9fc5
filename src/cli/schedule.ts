import { Command } from 'commander';
import type { Config } from '../config/schema.ts';
import { SafepointError } from '../contract/errors.ts';
import type { BackupSchedules, ScheduleChange } from '../system/schedules/backupSchedules.ts';
import type { CliDeps, Finish } from './deps.ts';
import { EXIT, type ExitCode } from './exitCodes.ts';
import { writeJson } from './json.ts';
import { renderChanges, renderSchedules } from './render/schedules.ts';
import { scheduleActs } from './scheduleActs.ts';
import { findSkippedRuns, readSchedules } from './scheduleLines.ts';
import { withRuns } from './withRuns.ts';

type GlobalOptions = { config?: string; json?: boolean };
type ApplyOptions = GlobalOptions & { yes?: boolean; prune?: boolean };

/** `safepoint schedule …`: the schedules of the config, as schedules of Temporal. */
export function scheduleCommand(deps: CliDeps, finish: Finish): Command {
  const command = new Command('schedule').description(
    'backups at set times: what the config says, in Temporal',
  );
  command
    .command('apply')
    .description('make the schedules in Temporal what the config says; shows the difference and asks first')
    .option('--yes', 'do not ask')
    .option('--prune', 'also remove schedules that are no longer in the config')
    .option('--json', 'print the difference as JSON')
    .action(async (_options: unknown, apply: Command) => {
      const options = apply.optsWithGlobals<ApplyOptions>();
      const { schedules } = deps.loadConfig(options.config);
      finish(await withRuns(deps, (runs) => applySchedules(deps, runs.schedules, schedules, options)));
    });
  command
    .command('list')
    .description('the schedules with their next and last runs, and what is wrong with them')
    .option('--json', 'print the list as JSON')
    .action(async (_options: unknown, list: Command) => {
      const { config: path, json } = list.optsWithGlobals<GlobalOptions>();
      const { schedules } = deps.loadConfig(path);
      const lines = await withRuns(deps, (runs) => readSchedules(runs, schedules));
      if (json) writeJson(deps.stdout, { schedules: lines });
      else deps.stdout.write(renderSchedules(lines));
    });
  for (const act of scheduleActs(deps)) command.addCommand(act);
  return command;
}

async function applySchedules(
  deps: CliDeps,
  schedules: BackupSchedules,
  wanted: Config['schedules'],
  { yes = false, prune = false, json = false }: ApplyOptions,
): Promise<ExitCode> {
  const changes = await schedules.compare(wanted);
  const todo = changes.filter(
    ({ kind }) => kind === 'create' || kind === 'update' || (kind === 'left' && prune),
  );
  const skipped = findSkippedRuns(wanted, Date.now());
  const shown = json ? deps.stderr : deps.stdout; // whoever is asked must see what about
  shown.write(renderChanges(changes, skipped, prune));

  const isAgreed = todo.length === 0 || yes || (await deps.confirm('Change this in Temporal?'));
  if (isAgreed) for (const change of todo) await carryOut(schedules, change, wanted);
  if (json) writeJson(deps.stdout, { changes, skippedTimes: skipped, applied: isAgreed });
  if (isAgreed) return EXIT.complete;
  const message = 'nothing was changed; give --yes to change it';
  if (!json) throw new SafepointError('InvalidInput', message);
  deps.stderr.write(`${message}\n`); // an error would be a second JSON document
  return EXIT.usage;
}

async function carryOut(
  schedules: BackupSchedules,
  { name, kind }: ScheduleChange,
  wanted: Config['schedules'],
): Promise<void> {
  const schedule = wanted[name];
  if (kind === 'left') await schedules.remove(name);
  else if (schedule !== undefined) await schedules.apply(name, schedule);
}
