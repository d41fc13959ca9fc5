import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { StoredArtifact } from '../../src/contract/backup.ts';
import { askPsql } from '../../src/database/psql.ts';
import { restoreDump } from '../../src/database/restoreDump.ts';
import { finishTarget, lookAtTarget, removeRestored } from '../../src/database/restoreTarget.ts';
import { createObjectStore } from '../../src/storage/objectStore.ts';
import type { ObjectStore } from '../../src/storage/port.ts';
import { childrenRunning, type DatabaseFixture } from './databaseFixture.ts';
import {
  ask,
  emptyServer,
  isHanging,
  psqlAt,
  startBareServer,
  waitUntil,
  outlineOfApp,
  owner,
  people,
} from './restoreFixture.ts';
import { appSql, storeSql } from './storedDump.ts';

let target: DatabaseFixture;
let store: ObjectStore;

beforeAll(async () => {
  target = await startBareServer();
  const folder = path.join(target.dir, 'store');
  await mkdir(folder);
  store = createObjectStore('local', { type: 'folder', path: folder });
}, 120_000);

afterAll(async () => {
  await target.close();
});

beforeEach(async () => {
  await emptyServer(target);
});

afterEach(() => {
  expect(childrenRunning('psql', 'zstd')).toEqual([]);
});

function restore(artifact: StoredArtifact, more: { id?: string; signal?: AbortSignal } = {}) {
  const { id = owner.id, signal } = more;
  const server = target.database;
  return restoreDump({ store, artifact, server, outline: outlineOfApp, owner: { ...owner, id }, signal });
}

describe('database/restoreDump: broken off in the middle', () => {
  let artifact: StoredArtifact;

  beforeEach(async () => {
    artifact = await storeSql(store, 'slow', appSql());
    await ask(target, 'create role slow; create database bystander');
    await ask(target, 'create table public.mine ()', 'bystander');
  });

  async function expectNextRestoreWorks(): Promise<void> {
    await ask(target, 'drop role slow');
    const { leftOver } = await restore(artifact, { id: 'second' });
    await finishTarget(target.database, { ...owner, id: 'second' });

    expect(leftOver).toEqual(['app']);
    expect(await ask(target, people, 'app')).toBe('one@example.org,two@example.org');
    expect(await ask(target, 'select count(*) from mine', 'bystander')).toBe('0');
    process.env.TEST_PG_APP_PASSWORD = 'of-the-dump';
    const login = { ...target.database, user: 'app_owner', password: { env: 'TEST_PG_APP_PASSWORD' } };
    expect(await askPsql(login, 'select 1', { database: 'app' })).toBe('1');
  }

  it('by a cancel: its reason stays as it is, and no psql is left', async () => {
    const stopping = new AbortController();
    const reason = new Error('cancelled');

    const restoring = restore(artifact, { signal: stopping.signal });
    void waitUntil(() => isHanging(target)).then(() => {
      stopping.abort(reason);
    });

    await expect(restoring).rejects.toBe(reason);
    expect(await psqlAt(target)).toEqual([]);
    await expectNextRestoreWorks();
  }, 60_000);

  it('by a killed worker: the next try ends its session and drops what it made', async () => {
    const request = {
      folder: path.join(target.dir, 'store'),
      artifact,
      server: target.database,
      outline: outlineOfApp,
      owner,
    };
    const program = path.join(import.meta.dirname, 'restoreOnce.ts');
    const worker = spawn(process.execPath, [program], {
      env: { ...process.env, RESTORE: JSON.stringify(request) },
    });
    await waitUntil(() => isHanging(target));
    worker.kill('SIGKILL');
    await once(worker, 'exit');

    await expectNextRestoreWorks();

    await waitUntil(async () => (await psqlAt(target)).length === 0);
  }, 60_000);

  it('by another owner: nothing of it is touched', async () => {
    const stopping = new AbortController();
    const restoring = restore(artifact, { signal: stopping.signal });
    await waitUntil(() => isHanging(target));

    const foreign = lookAtTarget(target.database, outlineOfApp, { owner: 'restore/other/app', id: 'first' });
    await expect(foreign).rejects.toMatchObject({ code: 'DatabaseNotEmpty' });
    await removeRestored(target.database, { owner: 'restore/other/app', id: 'first' });

    expect(await isHanging(target)).toBe(true);
    stopping.abort(new Error('over'));
    await restoring.catch(() => undefined);
  }, 60_000);

  it('by an operator who ends the session', async () => {
    const restoring = restore(artifact);
    void waitUntil(() => isHanging(target)).then(() =>
      ask(
        target,
        `select pg_terminate_backend(pid) from pg_stat_activity where query like 'SELECT pg_sleep(300)%'`,
      ),
    );

    await expect(restoring).rejects.toMatchObject({ code: 'EndpointUnreachable' });
    await expectNextRestoreWorks();
  }, 60_000);
});

describe('database/restoreDump: one that is done', () => {
  it('is not done again under the same id, and is data like any other under a new one', async () => {
    const artifact = await storeSql(store, 'done', appSql());
    await restore(artifact);
    await finishTarget(target.database, owner);
    await ask(target, 'delete from people where id = 1', 'app');

    const again = await restore(artifact);

    expect(again.isDone).toBe(true);
    expect(await ask(target, people, 'app')).toBe('two@example.org');
    await expect(restore(artifact, { id: 'second' })).rejects.toMatchObject({ code: 'DatabaseNotEmpty' });
  });
});
