import path from 'node:path';
import { mkdir } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import type { DumpedArtifact } from '../../src/contract/backup.ts';
import type { DumpOutline } from '../../src/contract/databaseRestore.ts';
import { dumpDatabase } from '../../src/database/dump.ts';
import { readOutline } from '../../src/database/outline.ts';
import { restoreDump } from '../../src/database/restoreDump.ts';
import { finishTarget } from '../../src/database/restoreTarget.ts';
import { WrongIdentity } from '../../src/storage/age.ts';
import { createObjectStore } from '../../src/storage/objectStore.ts';
import type { ObjectStore } from '../../src/storage/port.ts';
import { childrenRunning, scriptFolder, startDatabase, type DatabaseFixture } from './databaseFixture.ts';
import { ask, emptyServer, startBareServer, outlineOfApp, owner, people } from './restoreFixture.ts';
import { appSql, storeSql, WRITTEN } from './storedDump.ts';

const oddDatabase = `dbname='odd \\'name"=x'`; // as psql takes it

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

function restore(artifact: DumpedArtifact, more: { outline?: DumpOutline; binDir?: string } = {}) {
  const { outline = outlineOfApp, binDir = target.database.binDir } = more;
  const server = { ...target.database, binDir };
  return restoreDump({ store, artifact, server, outline, owner });
}

async function messageOf(failing: Promise<unknown>): Promise<string> {
  return await failing.then(
    () => 'it did not fail',
    (error: unknown) => (error as Error).message,
  );
}

describe('database/restoreDump: a dump of a real server', () => {
  const identities: string[] = [];
  let source: DatabaseFixture;
  let artifact: DumpedArtifact;

  beforeAll(async () => {
    source = await startDatabase(2000);
    await ask(
      source,
      `create role app login password 'of-the-app'; alter role app set search_path to 'a', 'b'`,
    );
    await ask(
      source,
      `create role group_of_apps; grant group_of_apps to app; create database "odd 'name""=x" owner app`,
    );
    await ask(source, `comment on database web_modeler is E'CREATE ROLE "evil";\nCREATE ROLE "evil";\n'`);
    await ask(source, `create table t as select E'\\\\.\nCREATE DATABASE "evil";' as v`, oddDatabase);
    await ask(
      source,
      `create schema mine; create function mine.f() returns int language sql as $$\nselect 7;\n$$`,
      'web_modeler',
    );
    const identity = await generateX25519Identity();
    const recipients = [await identityToRecipient(identity)];
    const key = 'real/app.sql.zst.age';
    const dumped = await dumpDatabase({ database: source.database, stores: [store], key, recipients });
    artifact = { ...WRITTEN, key, ...dumped, stores: dumped.stored, notStored: [] };
    identities.push(identity);
  }, 120_000);

  afterAll(async () => {
    await source.close();
  });

  it('is told by its outline', async () => {
    const outline = await readOutline({ store, artifact, identities });

    expect(outline).toEqual({
      serverVersion: expect.stringMatching(/^\d+/),
      roles: expect.arrayContaining(['app', 'group_of_apps', 'web_modeler']),
      databases: expect.arrayContaining([`odd 'name"=x`, 'web_modeler']),
      builtIn: [],
    });
    expect(outline.databases).toHaveLength(2);
  });

  it('comes back with its rows, functions, roles and odd names, and the login of the restore goes on', async () => {
    const outline = await readOutline({ store, artifact, identities });

    const seen = await restoreDump({ store, artifact, identities, server: target.database, outline, owner });
    await finishTarget(target.database, owner);

    const count = 'select count(*), sum(length(content)), mine.f() from file_versions';
    expect(await ask(target, count, 'web_modeler')).toBe(await ask(source, count, 'web_modeler'));
    expect(await ask(target, 'select v from t', oddDatabase)).toBe('\\.\nCREATE DATABASE "evil";');
    expect(await ask(target, `select count(*) from pg_roles where rolname = 'evil'`)).toBe('0');
    const ofApp = `select rolcanlogin, rolconfig, pg_has_role('app', 'group_of_apps', 'member') from pg_roles where rolname = 'app'`;
    expect(await ask(target, ofApp)).toBe('t|{"search_path=a, b"}|t');
    const digest = `select rolpassword from pg_authid where rolname = 'app'`;
    expect(await ask(target, digest)).toBe(await ask(source, digest));
    expect(seen.keptRoles).toEqual(['web_modeler']);
  }, 60_000);

  it('says that no key fits before anything was changed', async () => {
    const outline = await readOutline({ store, artifact, identities });
    const wrong = [await generateX25519Identity()];

    const restoring = restoreDump({
      store,
      artifact,
      identities: wrong,
      server: target.database,
      outline,
      owner,
    });

    await expect(restoring).rejects.toBeInstanceOf(WrongIdentity);
    expect(await ask(target, 'select count(*) from pg_database')).toBe('3');
  });
});

describe('database/restoreDump: a server that is not bare', () => {
  it.each([
    ['a table', 'create table public.mine ()'],
    ['a function alone', 'create function f() returns int language sql as $$select 1$$'],
    ['a schema alone', 'create schema mine'],
    ['a large object alone', `select lo_from_bytea(0, 'x')`],
  ])('refuses a database with %s, and changes nothing', async (_, made) => {
    const artifact = await storeSql(store, 'full', appSql());
    await ask(target, 'create database app');
    await ask(target, made, 'app');

    const restoring = restore(artifact);

    await expect(restoring).rejects.toMatchObject({ code: 'DatabaseNotEmpty' });
    await expect(restoring).rejects.toThrow(/database app on 127.0.0.1:\d+ holds 1 objects, such as /);
    expect(await ask(target, `select count(*) from pg_roles where rolname = 'app_owner'`)).toBe('0');
  });

  it('refuses objects in a database that every server has, when the dump has some too', async () => {
    const artifact = await storeSql(store, 'built-in', 'CREATE TABLE "public"."mine" ();\n');
    await ask(target, 'create table public.mine ()');

    const restoring = restore(artifact, { outline: { ...outlineOfApp, builtIn: ['postgres'] } });

    await expect(restoring).rejects.toThrow(/database postgres .* holds 1 objects, such as public.mine/);
  });

  it('takes an empty database as it is', async () => {
    const artifact = await storeSql(store, 'empty', appSql());
    await ask(target, `create database app; create extension if not exists plpgsql`);

    await restore(artifact);

    expect(await ask(target, people, 'app')).toBe('one@example.org,two@example.org');
  });

  it('leaves a role that exists as it is', async () => {
    const artifact = await storeSql(store, 'role', appSql());
    await ask(target, `create role app_owner nologin password 'of-the-server'`);
    const role = `select rolcanlogin, rolpassword from pg_authid where rolname = 'app_owner'`;
    const before = await ask(target, role);

    const { keptRoles } = await restore(artifact);

    expect(await ask(target, role)).toBe(before);
    expect(keptRoles).toEqual(['app_owner']);
  });

  it('refuses one of an older major version', async () => {
    const artifact = await storeSql(store, 'newer', appSql());

    const restoring = restore(artifact, { outline: { ...outlineOfApp, serverVersion: '99.1' } });

    await expect(restoring).rejects.toMatchObject({ code: 'DatabaseRestoreFailed' });
    expect(await ask(target, 'select count(*) from pg_database')).toBe('3');
  });
});

describe('database/restoreDump: a dump that cannot be restored', () => {
  it.each([
    ['1\tsecret@example.org', 'duplicate key value violates unique constraint "people_pkey"'],
    ['secret@example.org\tx', 'invalid input syntax for type integer: "***"'],
  ])('names line and reason, and nothing of the row %j', async (row, reason) => {
    const sql = appSql(`COPY "public"."people" ("id", "mail") FROM stdin;\n${row}\n\\.\n`);
    const artifact = await storeSql(store, 'refused', sql);
    const endOfRows = sql.split('\n').length - 1;

    const message = await messageOf(restore(artifact));

    expect(message).toContain(`psql:<stdin>:${endOfRows}: ERROR:  ${reason}`);
    expect(message).not.toContain('example.org');
  });

  it('says nothing of passwords of roles', async () => {
    const sql = `CREATE ROLE "x";\nALTER ROLE "x" WITH LOGIN 'SCRAM-SHA-256$4096:abc==$def:ghi';\n`;
    const artifact = await storeSql(store, 'password', sql);

    const message = await messageOf(restore(artifact));

    expect(message).toContain(`psql:<stdin>:2: ERROR:  syntax error at or near "'***'"`);
  });

  it.each([
    [
      'a changed byte',
      (bytes: Buffer) => Buffer.from(bytes.map((byte, at) => (at === bytes.length - 20 ? byte ^ 1 : byte))),
    ],
    ['a cut', (bytes: Buffer) => bytes.subarray(0, -10)],
    ['nothing at all', () => Buffer.alloc(0)],
  ])('notices %s', async (_, change) => {
    const artifact = await storeSql(store, 'damaged', appSql(), change);

    await expect(restore(artifact)).rejects.toMatchObject({ code: 'DumpFailed' });
  });

  it('never lets psql end well with another dump than was written, and the next one starts over', async () => {
    const good = await storeSql(store, 'good', appSql());
    const other = await storeSql(store, 'other', appSql('CREATE TABLE "public"."more" ();\n'));

    await expect(restore({ ...good, key: other.key })).rejects.toThrow(/is damaged: stored /);
    await restore(good);

    expect(await ask(target, people, 'app')).toBe('one@example.org,two@example.org');
    expect(await ask(target, `select count(*) from pg_class where relname = 'more'`, 'app')).toBe('0');
  });

  it('says that it is gone', async () => {
    const artifact = { ...(await storeSql(store, 'gone', appSql())), key: 'nowhere' };

    await expect(restore(artifact)).rejects.toThrow('is gone');
  });

  it.each([
    ['ends early without an error', 'exit 0', 'psql ended before the dump did'],
    ['ends with an error', 'echo broken $PGPASSWORD >&2; exit 1', 'psql ended with exit code 1: broken ***'],
    ['is killed', 'kill -9 $$', 'psql ended with killed by SIGKILL'],
  ])('says when psql %s', async (_, end, message) => {
    const real = path.join(target.postgres.binDir, 'psql');
    const script = `[ "\${PGAPPNAME#safepoint }" = "$PGAPPNAME" ] && exec ${real} "$@"; ${end}`;
    const binDir = await scriptFolder(target.dir, 'psql', script);
    const artifact = await storeSql(store, 'early', appSql(`--${'x'.repeat(1024)}\n`.repeat(2000)));

    const restoring = restore(artifact, { binDir });

    await expect(restoring).rejects.toMatchObject({ code: 'DatabaseRestoreFailed' });
    await expect(restoring).rejects.toThrow(message);
  });
});
