import type { CommandSpec } from '../system/command.ts';
import { findProgram } from '../system/findProgram.ts';

const bufferBytes = 64 * 1024;

/**
 * The same command, which writes 64 KiB at a time where `stdbuf` (GNU coreutils) is on PATH. Left to itself pg_dump writes 4 KiB
 * at a time, which costs a dump about a twentieth of its speed (docs/performance.md).
 */
export function withLargeWrites({ file, args, env }: CommandSpec): CommandSpec {
  const stdbuf = findProgram('stdbuf');
  if (stdbuf === undefined) return { file, args, env };
  return { file: stdbuf, args: [`--output=${bufferBytes}`, file, ...args], env };
}
