import { execa } from 'execa';
import { runSql } from '../../sandbox/stack/postgres.ts';
import type { DumpOutline } from '../../src/contract/databaseRestore.ts';
import { startDatabase, type DatabaseFixture } from './databaseFixture.ts';

export const owner = { owner: 'restore/prod/app', id: 'first' };

/** What is in the dump of `appSql`. */
export const outlineOfApp: DumpOutline = {
  serverVersion: null,
  roles: ['app_owner'],
  databases: ['app'],
  builtIn: [],
};

export const people = "select string_agg(mail, ',' order by id) from people";

/** A server as a new one is: without databases but those of PostgreSQL, and one superuser. */
export async function startBareServer(): Promise<DatabaseFixture> {
  const fixture = await startDatabase(1);
  await ask(fixture, 'drop database web_modeler');
  return fixture;
}

export async function ask(
  { postgres }: DatabaseFixture,
  sql: string,
  database = 'postgres',
): Promise<string> {
  return await runSql(postgres, database, sql, 20_000);
}

/** Makes it bare again. */
export async function emptyServer(fixture: DatabaseFixture): Promise<void> {
  const databases = `select format('drop database %I with (force)', datname) from pg_database
    where datname not in ('postgres', 'template0', 'template1')`;
  await ask(fixture, `${databases} \\gexec`);
  await ask(fixture, `drop table if exists public.mine`);
  await ask(
    fixture,
    `select format('drop role %I', rolname) from pg_roles where rolname !~ '^pg_' and rolname <> current_user \\gexec`,
  );
}

/** Programs psql anywhere on the machine that talk to this server, whoever started them. */
export async function psqlAt({ postgres }: DatabaseFixture): Promise<string[]> {
  const { stdout } = await execa('pgrep', ['-af', `psql .*--port=${postgres.port} `], { reject: false });
  return stdout.split('\n').filter((line) => line.includes('psql') && !line.includes('pgrep'));
}

export async function waitUntil(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('it did not come to pass within 20 s');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The restore hangs in the middle of `appSql`. */
export async function isHanging(fixture: DatabaseFixture): Promise<boolean> {
  const asleep = `select count(*) from pg_stat_activity where query like 'SELECT pg_sleep(300)%' and state = 'active'`;
  return (await ask(fixture, asleep)) === '1';
}
