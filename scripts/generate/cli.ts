import type { Command } from 'commander';
import { EXAMPLES } from '../../src/cli/examples.ts';
import { EXIT_CODE_HELP } from '../../src/cli/exitCodes.ts';
import { withSubcommands, wordsOf } from '../../src/cli/main.ts';
import { hasJson, schemaPathOf } from './cliSchemas.ts';
import { markdownTable } from './markdown.ts';
import { bareProgram } from './program.ts';

/** docs/cli.md */
export function cliReference(): string {
  const [program, ...commands] = withSubcommands(bareProgram()).filter(isShown) as [Command, ...Command[]];
  return [
    '<!-- Written by `npm run generate` from src/cli. Edit there. -->',
    '# The `safepoint` command',
    '',
    `${program.description()}.`,
    'Results go to stdout; progress and errors go to stderr.',
    'With `--json` stdout has nothing but one JSON document; its schema stands with each command.',
    'A command that fails prints an error of [schema/cli/failure.schema.json](../schema/cli/failure.schema.json) instead; its codes are in [errors.md](errors.md).',
    'Fields are added to these documents, never renamed or taken away.',
    '',
    '## For all commands',
    '',
    ...optionTable(program),
    ...EXIT_CODE_HELP.trim().replace('Exit codes:', '```text').split('\n'),
    '```',
    '',
    '## Completion',
    '',
    '`safepoint completion` prints a script for bash (with the package bash-completion), zsh or fish.',
    'The script asks `safepoint` itself, so `safepoint` must be on the PATH.',
    'Names of clusters and schedules come from the config, as far as it can be read.',
    '',
    ...commands.flatMap(renderCommand),
  ].join('\n');
}

function isShown(command: Command): boolean {
  return (
    command.parent === null || command.parent.createHelp().visibleCommands(command.parent).includes(command)
  );
}

function renderCommand(command: Command): string[] {
  const help = command.createHelp();
  const words = wordsOf(command);
  const args = help
    .visibleArguments(command)
    .map((argument) => [code(help.argumentTerm(argument)), help.argumentDescription(argument)]);
  const path = schemaPathOf(words);
  return [
    `## ${words}`,
    '',
    sentence(command.description()),
    '',
    '```text',
    help.commandUsage(command),
    '```',
    '',
    ...(args.length === 0 ? [] : [...markdownTable(['Argument', 'What it is'], args), '']),
    ...optionTable(command),
    ...(hasJson(command) ? [`\`--json\`: [${path}](../${path}).`, ''] : []),
    '```sh',
    ...(EXAMPLES[words] ?? []).map(([line, why]) => `${line}  # ${why}`),
    '```',
    '',
  ];
}

function optionTable(command: Command): string[] {
  const help = command.createHelp();
  const rows = help
    .visibleOptions(command)
    .filter(({ long }) => long !== '--help')
    .map((option) => [code(help.optionTerm(option)), help.optionDescription(option)]);
  return rows.length === 0 ? [] : [...markdownTable(['Option', 'What it does'], rows), ''];
}

function code(text: string): string {
  return `\`${text}\``;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
