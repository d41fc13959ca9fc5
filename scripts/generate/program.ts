import type { Command } from 'commander';
import type { CliDeps } from '../../src/cli/deps.ts';
import { createProgram } from '../../src/cli/main.ts';
import { productVersion } from '../../src/system/version.ts';

/** The parser of `safepoint` to be looked at, or to be read with; its commands have nothing to work with. */
export function bareProgram(): Command {
  const deps: Pick<CliDeps, 'version' | 'stdout' | 'stderr'> = {
    version: productVersion,
    stdout: process.stdout,
    stderr: process.stderr,
  };
  return createProgram(deps as CliDeps, () => undefined);
}
