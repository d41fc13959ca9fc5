import path from 'node:path';
import prettyMs from 'pretty-ms';
import type { CommandHook } from '../config/hooks.ts';
import { SafepointError } from '../contract/errors.ts';
import { startCommand, type CommandEnd } from '../system/command.ts';
import { findProgram, isExecutable } from '../system/findProgram.ts';
import { readSecret } from '../system/secrets.ts';
import { environmentOf, type HookCall, type HookOptions } from './contract.ts';
import { createTranscript } from './transcript.ts';

const keeper = path.join(import.meta.dirname, 'keeperProgram.ts');

const PROGRESS_EVERY_MS = 500;

/**
 * Runs the command and returns what it said. Fails with `HookFailed` when it ends with another exit code than 0, is not over
 * at its time limit or cannot be started, with `SecretMissing`, and with the reason of the signal. Of what it started nothing
 * is left then; what it leaves running after exit code 0 is its own business, Camunda for one.
 */
export async function runCommandHook(
  hook: CommandHook,
  call: HookCall,
  { signal, onProgress }: HookOptions,
): Promise<string> {
  signal.throwIfAborted();
  const [file = ''] = hook.command;
  const secrets = Object.entries(hook.env).map(([name, ref]): [string, string] => [name, readSecret(ref)]);
  const transcript = createTranscript();
  const command = startCommand({
    file: process.execPath,
    args: [keeper, ...hook.command],
    env: { ...Object.fromEntries(secrets), ...environmentOf(call) },
  });
  command.stdout.setEncoding('utf8').on('data', transcript.add);
  const progress = setInterval(() => {
    onProgress(transcript.lastLine());
  }, PROGRESS_EVERY_MS);
  const timeLimit = AbortSignal.timeout(hook.timeout);
  const end = await Promise.race([command.ended, aborted(AbortSignal.any([signal, timeLimit]))]);
  clearInterval(progress);
  if (end?.ok === true) return transcript.text();
  await command.stop();
  signal.throwIfAborted();
  const why =
    end === undefined ? `was not over after ${prettyMs(hook.timeout)} and was ended` : reasonOf(end);
  const said = transcript.lastLines();
  throw new SafepointError(
    'HookFailed',
    `hook ${call.hook} of ${call.cluster}: ${file} ${why}${said === '' ? '; it said nothing' : `; it said last:\n${said}`}`,
  );
}

/** Why the command could not be run; `undefined` when it seems that it can. */
export function commandProblem({ command: [file = ''] }: CommandHook): string | undefined {
  if (!file.includes('/'))
    return findProgram(file) === undefined ? `${file} is not on PATH where the worker runs` : undefined;
  return isExecutable(file) ? undefined : `${path.resolve(file)} is not there or cannot be executed`;
}

function reasonOf(end: CommandEnd): string {
  return end.reason.replace('exit code 127: could not', 'could not').replace(/^exit/, 'ended with exit');
}

async function aborted(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return;
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true });
  });
}
