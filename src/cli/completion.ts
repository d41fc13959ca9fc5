import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';
import type { CliDeps } from './deps.ts';

/** The shells that a test presses the key in. */
const SHELLS = ['bash', 'zsh', 'fish'];

const DESCRIPTION =
  'print the script that lets a shell complete commands, options, and the names of clusters and schedules';

/**
 * Adds `completion`, which prints the script of a shell, and the hidden `complete`, which that script asks at each press of
 * the key. To be called when `program` has all other commands.
 */
export function addCompletion(program: Command, deps: CliDeps): void {
  const root = tab(program, { completionCommandName: 'completion' });
  const script = program.commands.find((command) => command.name() === 'completion');
  script?.description(DESCRIPTION);
  script?.registeredArguments[0]?.choices(SHELLS);

  const clusters = offer(() => deps.readConfigNames('clusters', configIn(program)));
  const schedules = offer(() => deps.readConfigNames('schedules', configIn(program)));
  for (const [words, command] of root.commands) {
    if (words === 'completion') command.description = DESCRIPTION;
    const places = [
      [command.arguments.get('cluster'), clusters],
      [command.options.get('cluster'), clusters],
      [command.arguments.get('shell'), offer(() => SHELLS)],
      [words.startsWith('schedule ') ? command.arguments.get('name') : undefined, schedules],
    ] as const;
    for (const [place, handler] of places) if (place !== undefined) place.handler = handler;
  }
}

/** Offers nothing where the words cannot be had: a press of the key is no moment to complain. */
function offer(read: () => string[]) {
  return (complete: (value: string, description: string) => void) => {
    try {
      for (const word of read()) complete(word, '');
    } catch {
      // such as a config that is not there
    }
  };
}

/** The config that the line which is being typed names. */
function configIn({ rawArgs }: Command & { rawArgs?: string[] }): string | undefined {
  const at = rawArgs?.indexOf('--config') ?? -1;
  return at === -1 ? undefined : rawArgs?.[at + 1];
}
