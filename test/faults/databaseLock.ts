import path from 'node:path';
import { execa } from 'execa';
import { runSql, type Postgres } from '../../sandbox/stack/postgres.ts';
import { until } from './until.ts';

/** A session that keeps everybody else from a table, default `file_versions` of the sample database. */
export async function holdLock(
  server: Postgres,
  { database = server.database, table = 'file_versions' } = {},
): Promise<{ release(): Promise<void> }> {
  const { binDir, host, port, user, password } = server;
  const login = ['-X', '-q', '-h', host, '-p', String(port), '-U', user, database];
  const session = execa(path.join(binDir, 'psql'), login, {
    env: { PGPASSWORD: password, PGAPPNAME: 'holder' },
    reject: false,
  });
  session.stdin.write(`begin; lock table ${table} in access exclusive mode;\n`);
  const held = `select count(*) from pg_locks where mode = 'AccessExclusiveLock' and granted`;
  await until('the lock is held', async () => (await runSql(server, database, held, 10_000)) !== '0');
  return {
    async release() {
      session.stdin.end('rollback;\n');
      await session;
    },
  };
}
