import { readFileSync, readdirSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startPostgres, type Postgres } from '../../sandbox/stack/postgres.ts';
import type { DatabaseConfig } from '../../src/config/schema.ts';

export type DatabaseFixture = {
  dir: string;
  postgres: Postgres;
  database: DatabaseConfig;
  close: () => Promise<void>;
};

/** A real PostgreSQL server of its own; its password is in an environment variable. */
export async function startDatabase(rows: number): Promise<DatabaseFixture> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'safepoint-database-'));
  await chmod(dir, 0o755); // PostgreSQL runs as another user when the tests run as root
  const postgres = await startPostgres({ dataDir: dir, rows });
  const passwordVariable = `TEST_PG_PASSWORD_${postgres.port}`;
  process.env[passwordVariable] = postgres.password;
  const { host, port, user, binDir } = postgres;
  return {
    dir,
    postgres,
    database: { host, port, user, password: { env: passwordVariable }, binDir, sslMode: 'prefer' },
    async close() {
      await postgres.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** A folder with one program, a shell script, to be used as `binDir` or PATH. */
export async function scriptFolder(dir: string, program: string, script: string): Promise<string> {
  const folder = await mkdtemp(path.join(dir, 'bin-'));
  await writeFile(path.join(folder, program), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return folder;
}

export type LiveProcess = { pid: number; commandLine: string };

/** Descendants of this process by the program they run; zombies too. */
export function childrenRunning(...programs: string[]): LiveProcess[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        const name = readFileSync(`/proc/${entry}/comm`, 'utf8').trim();
        if (!programs.includes(name) || !descendsFromUs(Number(entry))) return [];
        const commandLine = readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return [{ pid: Number(entry), commandLine }];
      } catch {
        return []; // ended meanwhile
      }
    });
}

function descendsFromUs(pid: number): boolean {
  for (let at = pid; at > 1;) {
    if (at === process.pid) return true;
    const fields = readFileSync(`/proc/${at}/stat`, 'utf8').split(') ').at(-1)?.split(' ');
    at = Number(fields?.[1]);
  }
  return false;
}
