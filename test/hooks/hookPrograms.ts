import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CommandHook } from '../../src/config/hooks.ts';
import { processesUsing } from '../support/processes.ts';

/** A folder for the programs of one test, whose path is in the arguments of all that they start. */
export function hookFolder() {
  const folder = mkdtempSync(path.join(tmpdir(), 'safepoint-hook-'));
  return {
    folder,
    /** A hook that is a script of sh. */
    script(text: string, more: Partial<CommandHook> = {}): CommandHook {
      const file = path.join(folder, 'hook');
      writeFileSync(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
      return { command: [file], env: {}, timeout: 20_000, ...more };
    },
    running: () => processesUsing(folder),
    remove() {
      rmSync(folder, { recursive: true });
    },
  };
}

/** Until something is so; the test's own time limit ends it when it never is. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
}
