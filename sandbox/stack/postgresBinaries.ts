import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import path from 'node:path';
import { findOnPath, isExecutable } from './findOnPath.ts';

/** The folder with `initdb`, `postgres`, `psql` and `pg_dumpall`: the one on PATH, else the newest of the distributions' folders. */
export function findPostgresBinDir(): string | undefined {
  const onPath = findOnPath('initdb');
  const packaged = globSync(['/usr/lib/postgresql/*/bin', '/usr/pgsql-*/bin']).sort(
    (left, right) => majorVersion(right) - majorVersion(left),
  );
  return [...(onPath === undefined ? [] : [path.dirname(onPath)]), ...packaged].find(holdsServer);
}

/** PostgreSQL refuses to run as root, so root starts it as the user `postgres`. Undefined for everybody else; throws when there is no such user. */
export function postgresUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) =>
    Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8', stdio: 'pipe' }));
  return { uid: id('-u'), gid: id('-g') };
}

function majorVersion(binDir: string): number {
  return Number(/(\d+)/.exec(binDir)?.[1] ?? 0);
}

function holdsServer(binDir: string): boolean {
  return ['initdb', 'postgres', 'psql', 'pg_dumpall'].every((program) =>
    isExecutable(path.join(binDir, program)),
  );
}
