import { text } from 'node:stream/consumers';
import { startCommand, type CommandEnd, type CommandSpec } from '../system/command.ts';

/** Runs a program to its end; its output is small. Fails only with the reason of the signal. */
export async function runProgram(
  spec: CommandSpec,
  { input = '', signal }: { input?: string; signal?: AbortSignal } = {},
): Promise<{ output: string; end: CommandEnd }> {
  signal?.throwIfAborted();
  const command = startCommand(spec);
  const stop = () => void command.stop();
  signal?.addEventListener('abort', stop, { once: true });
  command.stdin.end(input);
  const output = await text(command.stdout).catch(() => '');
  const end = await command.ended;
  signal?.removeEventListener('abort', stop);
  signal?.throwIfAborted();
  return { output, end };
}
