import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Shell commands that stand in for the programs of PostgreSQL; preflight asks `psql` for the server's version. */
export type Scripts = { psql?: string; pg_dumpall: string; version?: string };

const TRAILER = String.raw`printf '%s\n' '--' '-- PostgreSQL database cluster dump complete' '--'`;

/** A dump of some bytes that nothing can make smaller, which is quick to make, with the end of a whole one. */
export function wholeDump(sizeBytes: number): string {
  return `head -c ${sizeBytes} /dev/urandom; echo; ${TRAILER}`;
}

/** Bytes, slowly, for as long as somebody reads them. */
export function endlessDump(): string {
  return 'while head -c 100000 /dev/urandom; do sleep 0.1; done';
}

/** A folder for `binDir`. */
export function writePrograms(folder: string, scripts: Scripts): string {
  const { version = '15.18', psql = 'echo 15.18' } = scripts;
  mkdirSync(folder, { recursive: true });
  const tellVersion = `case "$*" in *--version*) echo "pg_dumpall (PostgreSQL) ${version}"; exit 0;; esac`;
  writeFileSync(path.join(folder, 'psql'), `#!/bin/sh\n${psql}\n`, { mode: 0o755 });
  writeFileSync(path.join(folder, 'pg_dumpall'), `#!/bin/sh\n${tellVersion}\n${scripts.pg_dumpall}\n`, {
    mode: 0o755,
  });
  return folder;
}
