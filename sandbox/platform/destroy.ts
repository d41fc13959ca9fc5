import { runSql, type Postgres } from '../stack/postgres.ts';
import type { CamundaCluster } from '../stack/stack.ts';

/** Prefixes of the indices of the sandbox's Camunda. */
const indexPatterns = ['zeebe-record*', 'operate*', 'tasklist*'];

export type Destroyed = { indices: number };

/** Stops Camunda and deletes all it has: its indices, and the data of the broker. Backups stay. */
export async function destroyCamunda({
  camunda,
  openSearch,
}: Pick<CamundaCluster, 'camunda' | 'openSearch'>): Promise<Destroyed> {
  await camunda.stopAll();
  const deleted = await openSearch.deleteIndices(indexPatterns);
  camunda.emptyBrokerData();
  return { indices: deleted.length };
}

/** Drops the database of the Web Modeler; the server goes on. */
export async function dropDatabase(postgres: Postgres): Promise<void> {
  await runSql(postgres, 'postgres', `drop database if exists ${postgres.database}`, 30_000);
}

const contents =
  'select (select count(*) from users), (select count(*) from projects), (select count(*) from files), count(*), md5(string_agg(content, null order by id)) from file_versions';

/** `20|10|200|2000|DIGEST`: row counts of all tables of the Web Modeler, and a digest of its documents. */
export function readContents(postgres: Postgres): Promise<string> {
  return runSql(postgres, postgres.database, contents, 30_000);
}
