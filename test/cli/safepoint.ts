import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import type { Progress } from '../../src/cli/progress.ts';
import type { RunView } from '../../src/cli/runView.ts';

const CLIENT = path.join(import.meta.dirname, '../../src/client.ts');

/**
 * The `safepoint` command as a real process, without a terminal. It never rejects: look at `exitCode`. Ended after a minute; a
 * worker, which goes on by itself, takes a longer `timeout`.
 */
export function safepoint(args: string[], env: Record<string, string> = {}, timeout = 60_000) {
  return execa(process.execPath, [CLIENT, ...args], { env, reject: false, timeout, stdin: 'ignore' });
}

/** Makes the command a program in `folder`, for shells that have the folder on their PATH. */
export function putIntoFolder(folder: string): void {
  const program = path.join(folder, 'safepoint');
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${CLIENT}' "$@"\n`);
  chmodSync(program, 0o755);
}

export function recordProgress(): Progress & { said: string[]; shown: RunView[] } {
  const said: string[] = [];
  const shown: RunView[] = [];
  return {
    said,
    shown,
    say: (text) => void said.push(text),
    show: (view) => void shown.push(view),
    end: () => undefined,
  };
}
