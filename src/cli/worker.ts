import { Command } from 'commander';
import type { CliDeps } from './deps.ts';

export function workerCommand(deps: CliDeps): Command {
  return new Command('worker')
    .description('do the backups that Temporal hands out, until SIGTERM or Ctrl-C')
    .action(async (_options: unknown, command: Command) => {
      const { config } = command.optsWithGlobals<{ config?: string }>();
      await deps.runWorker(deps.loadConfig(config));
    });
}
