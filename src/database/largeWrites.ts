import { startCommand, type CommandSpec } from '../system/command.ts';
import { findProgram } from '../system/findProgram.ts';

const bufferBytes = 64 * 1024;

/**
 * The same command, which writes 64 KiB at a time where a `stdbuf` that works (GNU coreutils) is on PATH. Left to itself pg_dump
 * writes 4 KiB at a time, which costs a dump about a twentieth of its speed (docs/performance.md). Up to the client of PostgreSQL
 * 15; a newer one opens its output anew and goes on as it is.
 */
export async function withLargeWrites({ file, args, env }: CommandSpec): Promise<CommandSpec> {
  const stdbuf = findProgram('stdbuf');
  const option = `-o${bufferBytes}`;
  if (stdbuf === undefined || !(await works(stdbuf, option))) return { file, args, env };
  return { file: stdbuf, args: [option, file, ...args], env };
}

/** That of another system may not know the option, and one without its library starts nothing. */
async function works(stdbuf: string, option: string): Promise<boolean> {
  const trial = startCommand({ file: stdbuf, args: [option, 'true'] });
  return (await trial.ended).ok;
}
