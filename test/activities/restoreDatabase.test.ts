import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { CancelledFailure } from '@temporalio/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createRestoreDatabaseActivities } from '../../src/activities/restoreDatabase.ts';
import { Config } from '../../src/config/schema.ts';
import type { CheckedDatabase, DumpSource } from '../../src/contract/databaseRestore.ts';
import type { StoredArtifact } from '../../src/contract/backup.ts';
import { createDependencies, type Dependencies } from '../../src/dependencies.ts';
import type { DatabaseFixture } from '../database/databaseFixture.ts';
import {
  ask,
  emptyServer,
  isHanging,
  psqlAt,
  startBareServer,
  waitUntil,
} from '../database/restoreFixture.ts';
import { appSql, storeSql } from '../database/storedDump.ts';
import { activityEnvironment, runActivity } from '../support/runActivity.ts';

let server: DatabaseFixture;
let deps: Dependencies;

beforeAll(async () => {
  server = await startBareServer();
  const folders = { main: path.join(server.dir, 'main'), copy: path.join(server.dir, 'copy') };
  for (const folder of Object.values(folders)) await mkdir(folder);
  const url = 'http://127.0.0.1:1';
  const camunda = { zeebe: { url }, webapps: { url }, searchEngine: { url }, store: 'main' };
  const queries = [
    { database: 'app', sql: 'select count(*) from people', expect: '2' },
    { database: 'app', sql: 'select count(*) >= 3 from people', expect: 't' },
    { database: 'app', sql: 'delete from people', expect: '' },
  ];
  deps = createDependencies(
    Config.parse({
      stores: {
        main: { type: 'folder', path: folders.main },
        copy: { type: 'folder', path: folders.copy },
        away: { type: 'folder', path: path.join(server.dir, 'away') },
      },
      clusters: {
        prod: {
          ...camunda,
          copies: ['copy'],
          drill: { databases: { app: { server: server.database, queries } } },
        },
        staging: { ...camunda, restore: { databases: { app: server.database } } },
      },
    }),
  );
}, 120_000);

afterAll(async () => {
  await deps.close();
  await server.close();
});

beforeEach(async () => {
  await emptyServer(server);
});

async function stored(stores = ['main']): Promise<DumpSource> {
  const artifact = await storeSql(deps.store('main'), 'prod/1/app.sql.zst', appSql());
  return { cluster: 'prod', backupId: '1', artifact, stores };
}

function check(source: DumpSource, cluster = 'staging', restoreId = 'r1'): Promise<CheckedDatabase> {
  return runActivity(() =>
    createRestoreDatabaseActivities(deps).checkTargetDatabase({ cluster, source, restoreId }),
  );
}

function restore(source: DumpSource, checked: CheckedDatabase, environment = activityEnvironment()) {
  return runActivity(
    () =>
      createRestoreDatabaseActivities(deps).restoreDatabase({
        cluster: 'staging',
        source,
        restoreId: 'r1',
        checked,
      }),
    environment,
  );
}

function drill(source: DumpSource, environment = activityEnvironment()) {
  return runActivity(
    () => createRestoreDatabaseActivities(deps).drillDatabase({ source, runId: 'd1' }),
    environment,
  );
}

/** Databases and roles that no bare server has. */
async function leftOnServer(): Promise<string> {
  return await ask(
    server,
    `select datname from pg_database where datname not in ('postgres', 'template0', 'template1')
     union all select rolname from pg_roles where rolname !~ '^pg_' and rolname <> current_user order by 1`,
  );
}

describe('activities/restoreDatabase: checkTargetDatabase', () => {
  it('tells what is in the dump and in which store it is whole, and changes nothing', async () => {
    const source = await stored(['away', 'copy', 'main']);

    const checked = await check(source);

    expect(checked).toEqual({
      database: 'app',
      server: `127.0.0.1:${server.postgres.port}`,
      store: 'main',
      outline: { serverVersion: null, roles: ['app_owner'], databases: ['app'], builtIn: [] },
      leftOver: [],
      keptRoles: [],
      isDone: false,
    });
    expect(await leftOnServer()).toBe('');
  });

  it.each([
    [['copy'], 'DumpUnusable'],
    [['copy', 'away'], 'StoreFailed'],
    [[], 'DumpUnusable'],
  ])('fails when of the stores %j none has it whole: %s', async (stores, code) => {
    const source = await stored(stores);

    await expect(check(source)).rejects.toMatchObject({ code });
  });

  it('fails for a dump that is cut, before the target is touched', async () => {
    const source = await stored();
    const artifact = await storeSql(deps.store('main'), source.artifact.key, appSql(), (bytes) =>
      bytes.subarray(0, -10),
    );

    await expect(check({ ...source, artifact })).rejects.toMatchObject({ code: 'DumpUnusable' });
  });

  it('fails where a database of the dump holds something', async () => {
    const source = await stored();
    await ask(server, 'create database app');
    await ask(server, 'create table t ()', 'app');

    await expect(check(source)).rejects.toMatchObject({ code: 'DatabaseNotEmpty' });
  });

  it('names the setting that lacks a server, or the key of an encrypted dump', async () => {
    const source = await stored();
    const encryption: StoredArtifact['encryption'] = {
      type: 'age',
      recipients: [],
      sizeBytes: 1,
      sha256: '',
    };

    const noServer = check(source, 'prod');
    await expect(noServer).rejects.toMatchObject({ code: 'InvalidConfig' });
    await expect(noServer).rejects.toThrow('clusters.prod has no server for the dump app');
    const noKey = check({ ...source, artifact: { ...source.artifact, encryption } });
    await expect(noKey).rejects.toThrow('give its private key in clusters.prod.encryption.identity');
  });
});

describe('activities/restoreDatabase: restoreDatabase', () => {
  it('restores, and gives the same result when its answer was lost', async () => {
    const source = await stored();
    const checked = await check(source);

    const first = await restore(source, checked);
    const again = await restore(source, checked);

    const app = { name: 'app', tables: 1, sizeBytes: expect.any(Number) };
    expect(first).toMatchObject({ database: 'app', databases: [app], keptRoles: [] });
    expect(again.databases).toEqual(first.databases);
    expect(await check(source)).toMatchObject({ isDone: true });
  });

  it('ends on a cancel with nothing at work, says how far it was, and goes on from there', async () => {
    const source = await stored();
    const checked = await check(source);
    await ask(server, 'create role slow');
    const environment = activityEnvironment();
    const progress: unknown[] = [];
    environment.on('heartbeat', (details: unknown) => progress.push(details));

    const restoring = restore(source, checked, environment);
    void waitUntil(() => Promise.resolve(progress.length > 0))
      .then(() => waitUntil(() => isHanging(server)))
      .then(() => {
        environment.cancel();
      });

    await expect(restoring).rejects.toBeInstanceOf(CancelledFailure);
    expect(await psqlAt(server)).toEqual([]);
    expect(progress).toContainEqual({
      progress: expect.stringMatching(/^app: .* of .* from main restored$/),
    });
    await ask(server, 'drop role slow');
    expect(await check(source)).toMatchObject({ leftOver: ['app'], keptRoles: [] });
    expect(await restore(source, checked)).toMatchObject({ databases: [{ name: 'app', tables: 1 }] });
  }, 60_000);
});

describe('activities/restoreDatabase: drillDatabase', () => {
  it('restores, asks, and drops all that it made', async () => {
    const drilled = await drill(await stored());

    expect(drilled.databases).toEqual([{ name: 'app', tables: 1, sizeBytes: expect.any(Number) }]);
    expect(drilled.queries.map(({ seen, ok }) => [ok, seen])).toEqual([
      [true, '2'],
      [false, 'f'],
      [false, expect.stringContaining('cannot execute DELETE in a read-only transaction')],
    ]);
    expect(await leftOnServer()).toBe('');
  });

  it('drops all that it made when it is cancelled', async () => {
    const source = await stored();
    await ask(server, 'create role slow');
    const environment = activityEnvironment();

    const drilling = drill(source, environment);
    void waitUntil(() => isHanging(server)).then(() => {
      environment.cancel();
    });

    await expect(drilling).rejects.toBeInstanceOf(CancelledFailure);
    expect(await leftOnServer()).toBe('slow');
    expect(await psqlAt(server)).toEqual([]);
  }, 60_000);

  it('drops what a crash left, and nothing of others', async () => {
    const source = await stored();
    await ask(server, 'create database app; ', 'postgres');
    await ask(server, `alter database app set safepoint.restore to 'unfinished drill/prod/app d0'`);
    await ask(server, 'create table half ()', 'app');
    await ask(server, 'create database others');

    await runActivity(() =>
      createRestoreDatabaseActivities(deps).sweepDrillDatabase({ cluster: 'prod', database: 'app' }),
    );
    expect(await leftOnServer()).toBe('others');

    expect((await drill(source)).databases).toHaveLength(1);
    expect(await leftOnServer()).toBe('others');
  });

  it('refuses a server on which the database is in use, and drops nothing of it', async () => {
    const source = await stored();
    await ask(server, 'create database app');
    await ask(server, 'create table theirs ()', 'app');

    await expect(drill(source)).rejects.toMatchObject({ code: 'DatabaseNotEmpty' });
    expect(await ask(server, 'select count(*) from theirs', 'app')).toBe('0');
  });
});
