import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** How the stand-ins for `psql` and `pg_dumpall` behave: tell all they know and fail, work, or work slowly. */
export type Behaviour = 'tell' | 'work' | 'linger';

export interface Programs {
  readonly binDir: string;
  behave(program: 'psql' | 'pg_dumpall', behaviour: Behaviour): void;
}

const WORK = {
  psql: 'echo 15.18',
  pg_dumpall: String.raw`printf '%s\n' '--' '-- PostgreSQL database cluster dump complete' '--'`,
};

/** Also a `zstd` that passes bytes on as they are, slow enough to be looked at while it runs. */
export function createPrograms(folder: string): Programs {
  const binDir = path.join(folder, 'bin');
  mkdirSync(binDir);
  const write = (name: string, lines: string[]) => {
    const file = path.join(binDir, name);
    writeFileSync(file, ['#!/bin/sh', ...lines, ''].join('\n'));
    chmodSync(file, 0o755);
  };
  const programs: Programs = {
    binDir,
    behave(program, behaviour) {
      const version = `case "$*" in *--version*) echo "${program} (PostgreSQL) 15.18"; exit 0;; esac`;
      // Programs quote the environment in many ways; the secret is in the last lines of what they say.
      const tell = ['env >&2', 'env | base64 >&2', 'printf "%s " "$@" "$PGPASSWORD" >&2', 'exit 1'];
      const linger = [WORK[program], 'sleep 3'];
      write(program, [
        version,
        ...(behaviour === 'tell' ? tell : behaviour === 'work' ? [WORK[program]] : linger),
      ]);
    },
  };
  write('zstd', ['cat']);
  programs.behave('psql', 'work');
  programs.behave('pg_dumpall', 'work');
  return programs;
}
