import type { Command } from 'commander';
import { bareProgram } from '../../scripts/generate/program.ts';
import { withSubcommands, wordsOf } from '../../src/cli/main.ts';

/** What the real parser understood. */
type Parsed = { words: string; args: string[]; options: Record<string, unknown> };

/**
 * Reads a line as it would be typed, up to a redirection, a pipe or a comment, with the real parser and does nothing.
 * Fails with the words of commander where a command, an argument or an option is wrong.
 */
export async function parseLine(line: string): Promise<Parsed> {
  const [name, ...args] = wordsOfLine(line.replace(/^npx /, ''));
  if (name !== 'safepoint') throw new Error(`no line of safepoint: ${line}`);
  const program = bareProgram();
  let parsed: Parsed | undefined;
  for (const command of withSubcommands(program)) {
    command.configureOutput({ writeErr: () => undefined });
    if (command.commands.length > 0) continue;
    command.action((...given: unknown[]) => {
      const actual = given.at(-1) as Command;
      parsed = { words: wordsOf(actual), args: actual.args, options: actual.optsWithGlobals() };
    });
  }
  await program.parseAsync(args, { from: 'user' });
  if (parsed === undefined) throw new Error(`no command in: ${line}`);
  return parsed;
}

function wordsOfLine(line: string): string[] {
  const all = [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, plain]) => ({
    text: double ?? single ?? plain ?? '',
    ends: plain !== undefined && /^(>|\||#)/.test(plain),
  }));
  const end = all.findIndex(({ ends }) => ends);
  return all.slice(0, end === -1 ? undefined : end).map(({ text }) => text);
}
