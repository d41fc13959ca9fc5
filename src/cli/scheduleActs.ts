import { Command } from 'commander';
import type { BackupSchedules } from '../system/schedules/backupSchedules.ts';
import type { CliDeps } from './deps.ts';
import {
  writeJson,
  type ScheduleDeleteJson,
  type SchedulePauseJson,
  type ScheduleTriggerJson,
  type ScheduleUnpauseJson,
} from './json.ts';
import { withRuns } from './withRuns.ts';

type Done = ScheduleTriggerJson | SchedulePauseJson | ScheduleUnpauseJson | ScheduleDeleteJson;
type ActOptions = { json?: boolean; reason: string };

/** The commands that do one thing with one schedule. */
export function scheduleActs(deps: CliDeps): Command[] {
  return [
    act(deps, 'trigger', 'start a run now; the schedule goes on as before', async (schedules, name) => {
      await schedules.trigger(name);
      return { name, done: 'triggered' };
    }),
    act(
      deps,
      'pause',
      'start no runs until `unpause`; `status` then says so',
      async (schedules, name, { reason }) => {
        await schedules.pause(name, reason);
        return { name, done: 'paused', reason };
      },
    ).requiredOption('--reason <text>', 'why; shown by `status` and in the Temporal UI'),
    act(deps, 'unpause', 'let a paused schedule start runs again', async (schedules, name) => {
      await schedules.unpause(name);
      return { name, done: 'unpaused' };
    }),
    act(
      deps,
      'delete',
      'remove it from Temporal; the next `apply` makes it anew if it is still in the config',
      async (schedules, name) => {
        await schedules.remove(name);
        return { name, done: 'deleted' };
      },
    ),
  ];
}

function act(
  deps: CliDeps,
  verb: string,
  description: string,
  carryOut: (schedules: BackupSchedules, name: string, options: ActOptions) => Promise<Done>,
): Command {
  return new Command(verb)
    .description(description)
    .argument('<name>', 'name of a schedule in the config')
    .option('--json', 'print what was done as JSON')
    .action(async (name: string, options: ActOptions) => {
      const done = await withRuns(deps, ({ schedules }) => carryOut(schedules, name, options));
      if (options.json) writeJson(deps.stdout, done);
      else deps.stdout.write(`${done.done} ${name}\n`);
    });
}
