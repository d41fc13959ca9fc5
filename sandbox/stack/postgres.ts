import { createHash } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { freePort } from './ports.ts';
import { findPostgresBinDir, postgresUser } from './postgresBinaries.ts';
import { startProcess, waitUntilReady, type RunningProcess } from './process.ts';
import { keptSecret } from './secrets.ts';
import { webModelerSql } from './webModelerData.ts';

export type PostgresOptions = {
  /** Database files, log and secrets are kept under it; the files elsewhere where PostgreSQL's user cannot reach it. */
  dataDir: string;
  /** File versions to fill in, 2 kB each: a million make a dump of 2 GB. Default 2000. Counts at the first start only. */
  rows?: number;
  /** Default: a free one. */
  port?: number;
};

/** A running PostgreSQL server with the database `web_modeler`, owned by a superuser with a random password. */
export interface Postgres {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  /** Folder of `psql`, `pg_dumpall` and the like, of the server's version. */
  binDir: string;
  /** Folder of the database files: below the data folder, or elsewhere where PostgreSQL's user cannot reach that. */
  filesDir: string;
  process: RunningProcess;
  /** Fast shutdown: open sessions are ended. */
  stop(): Promise<void>;
  /** Crash: SIGKILL to all of its processes. */
  kill(): Promise<void>;
}

const readyTimeoutMs = 30_000;
const fillTimeoutMs = 30 * 60_000;
const database = 'web_modeler';
const user = 'web_modeler';

/** Starts PostgreSQL on 127.0.0.1; the first start in a data folder also creates and fills the database. Password login only. */
export async function startPostgres({ dataDir, rows = 2000, port }: PostgresOptions): Promise<Postgres> {
  const binDir = findPostgresBinDir();
  if (binDir === undefined)
    throw new Error('No PostgreSQL server programs found: install e.g. `apt-get install postgresql`');
  const password = keptSecret(dataDir, 'postgres-password');
  const osUser = postgresUser();
  const files = databaseFolder(path.resolve(dataDir, 'postgres'), osUser);
  const isNew = !existsSync(path.join(files, 'ready'));
  if (isNew) await initialiseDatabaseFiles(binDir, files, password, osUser);
  const actualPort = await freePort(port);
  const running = await startProcess({
    name: 'PostgreSQL',
    command: path.join(binDir, 'postgres'),
    args: ['-D', path.join(files, 'data'), '-h', '127.0.0.1', '-p', String(actualPort), '-k', ''],
    logFile: path.join(dataDir, 'logs', 'postgres.log'),
    cwd: files,
    stopSignal: 'SIGINT',
    ...(osUser && { user: osUser }),
  });
  const postgres: Postgres = {
    host: '127.0.0.1',
    port: actualPort,
    user,
    password,
    database,
    binDir,
    filesDir: files,
    process: running,
    stop: () => running.stop(),
    kill: () => crash(running),
  };
  await waitUntilReady(running, readyTimeoutMs, () => runSql(postgres, 'postgres', 'select 1', 5000));
  if (isNew) await createWebModelerDatabase(postgres, rows, path.join(files, 'ready'));
  return postgres;
}

/** Its sessions are process groups of their own, and one in the middle of a statement would go on for a while without the server. */
async function crash(running: RunningProcess): Promise<void> {
  const { stdout } = await execa('pgrep', ['-P', String(running.pid)], { reject: false });
  await running.kill('SIGKILL');
  for (const pid of stdout.split('\n').filter(Boolean).map(Number)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended with the server.
    }
  }
}

/** Deletes what a server that has ended left of its database, so that the next one begins anew. */
export function removePostgresFiles(dataDir: string): void {
  const files = databaseFolder(path.resolve(dataDir, 'postgres'), postgresUser());
  rmSync(files, { recursive: true, force: true });
}

type OsUser = ReturnType<typeof postgresUser>;

/**
 * The wanted folder, or one in the temporary folder that belongs to it: started by root, PostgreSQL runs as another user,
 * whom a home folder such as root's keeps out.
 */
function databaseFolder(wanted: string, osUser: OsUser): string {
  if (osUser === undefined || isOpenToOthers(path.dirname(wanted))) return wanted;
  const name = createHash('sha256').update(wanted).digest('hex').slice(0, 12);
  return path.join(tmpdir(), `safepoint-postgres-${name}`);
}

/** Whether every user may pass through the folder and all above it. */
function isOpenToOthers(folder: string): boolean {
  const parent = path.dirname(folder);
  const mayPass = !existsSync(folder) || (statSync(folder).mode & 0o001) !== 0;
  return mayPass && (parent === folder || isOpenToOthers(parent));
}

async function initialiseDatabaseFiles(
  binDir: string,
  files: string,
  password: string,
  osUser: OsUser,
): Promise<void> {
  rmSync(files, { recursive: true, force: true }); // left by a start that was interrupted
  mkdirSync(files, { recursive: true });
  const passwordFile = path.join(files, 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (osUser) for (const each of [files, passwordFile]) chownSync(each, osUser.uid, osUser.gid);
  const args = [
    '-D',
    path.join(files, 'data'),
    '-U',
    user,
    '-A',
    'scram-sha-256',
    '-E',
    'UTF8',
    '--locale=C',
    '--no-sync',
  ];
  try {
    await execa(path.join(binDir, 'initdb'), [...args, '--pwfile', passwordFile], { cwd: files, ...osUser });
  } catch (error) {
    throw new Error(`initdb could not make a database in ${files}`, { cause: error });
  } finally {
    rmSync(passwordFile);
  }
}

async function createWebModelerDatabase(postgres: Postgres, rows: number, marker: string): Promise<void> {
  await runSql(postgres, 'postgres', `create database ${database}`, readyTimeoutMs);
  await runSql(postgres, database, webModelerSql(rows), fillTimeoutMs);
  writeFileSync(marker, '');
}

/** Runs SQL through psql; the password goes by environment, the statements by stdin. Resolves to the rows as text. */
export async function runSql(
  postgres: Postgres,
  inDatabase: string,
  sql: string,
  timeoutMs: number,
): Promise<string> {
  const { stdout } = await execa(
    path.join(postgres.binDir, 'psql'),
    [
      '-X',
      '-q',
      '-A',
      '-t',
      '-v',
      'ON_ERROR_STOP=1',
      '-h',
      postgres.host,
      '-p',
      String(postgres.port),
      '-U',
      user,
      inDatabase,
    ],
    { input: sql, timeout: timeoutMs, env: { PGPASSWORD: postgres.password, PGCONNECT_TIMEOUT: '5' } },
  );
  return stdout;
}
