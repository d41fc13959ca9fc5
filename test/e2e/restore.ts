import { buffer } from 'node:stream/consumers';
import { zstdDecompressSync } from 'node:zlib';
import path from 'node:path';
import { execa } from 'execa';
import { runSql, startPostgres, type Postgres } from '../../sandbox/stack/postgres.ts';
import type { Stack } from '../../sandbox/stack/stack.ts';
import type { Manifest } from '../../src/contract/manifest.ts';
import type { ObjectStore } from '../../src/storage/port.ts';

/** Stops Camunda and deletes all it has: the indices that the manifest names, and the data of the broker. */
export async function emptyCamunda({ camunda, openSearch }: Stack, manifest: Manifest): Promise<void> {
  await camunda.stopAll();
  await openSearch.deleteIndices(indexPatterns(manifest));
  camunda.emptyBrokerData();
}

/** The vendor's steps, with nothing but the manifest to go by: snapshots in its order, then the broker. Starts nothing. */
export async function restoreCamunda({ camunda, openSearch }: Stack, manifest: Manifest): Promise<void> {
  const { repository, snapshots } = manifest.searchEngine;
  if (repository === null) throw new Error('The manifest names no snapshot repository');
  for (const { name } of snapshots.filter(({ indices }) => indices.length > 0)) {
    await openSearch.restoreSnapshot(repository, name);
  }
  await camunda.restoreBroker(manifest.backupId);
}

export function indexPatterns(manifest: Manifest): string[] {
  return Object.values(manifest.searchEngine.indexPrefixes).map((prefix) => `${prefix}*`);
}

const contents =
  'select (select count(*) from users), (select count(*) from projects), (select count(*) from files), count(*), md5(string_agg(content, null order by id)) from file_versions';

/** Row counts of all tables of the Web Modeler, and a digest of its documents. */
export function readContents(postgres: Postgres): Promise<string> {
  return runSql(postgres, postgres.database, contents, 30_000);
}

/** Restores the dump into a fresh server below `dataDir`; `read` looks at the result, and the server is gone afterwards. */
export async function restoreDatabase(
  { store, key, original }: { store: ObjectStore; key: string; original: Postgres },
  dataDir: string,
  read: (restored: Postgres) => Promise<string>,
): Promise<string> {
  const sql = zstdDecompressSync(await buffer(await store.getStream(key)));
  const fresh = await startPostgres({ dataDir, rows: 1 });
  try {
    await clear(fresh);
    await psql(fresh, sql);
    return await read({ ...fresh, password: original.password }); // roles come with their passwords
  } finally {
    await fresh.stop();
  }
}

/** As an installer leaves a server: no databases, and a superuser of a name that the dump does not have. */
async function clear(fresh: Postgres): Promise<void> {
  const newcomer = `create role ${restorer} superuser login password '${fresh.password}'`;
  await runSql(fresh, 'postgres', newcomer, 10_000);
  await psql(fresh, `drop database ${fresh.database}; alter role ${fresh.user} rename to installer;`);
}

const restorer = 'restorer';

async function psql({ binDir, host, port, password }: Postgres, input: string | Uint8Array): Promise<void> {
  const login = ['-h', host, '-p', String(port), '-U', restorer, '-d', 'postgres'];
  await execa(path.join(binDir, 'psql'), ['-X', '-q', '-v', 'ON_ERROR_STOP=1', ...login], {
    input,
    env: { PGPASSWORD: password },
  });
}
