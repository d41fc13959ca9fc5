import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clusterSettings } from '../../sandbox/clusterSettings.ts';
import { DrillRecord } from '../../src/contract/drill.ts';
import { expectJson } from '../cli/expectJson.ts';
import { safepoint } from '../cli/safepoint.ts';
import { startDatabase, type DatabaseFixture } from '../database/databaseFixture.ts';
import { ask, startBareServer } from '../database/restoreFixture.ts';
import { startSite, type Site } from './site.ts';

let source: DatabaseFixture;
let server: DatabaseFixture;
let site: Site;

beforeAll(async () => {
  [source, server] = await Promise.all([startDatabase(20), startBareServer()]);
  const queries = [{ database: 'web_modeler', sql: 'select count(*) from file_versions', expect: '20' }];
  site = await startSite({
    settings: {
      databases: { 'web-modeler': source.database },
      drill: { databases: { 'web-modeler': { server: server.database, queries } } },
    },
    others: (demo) =>
      Promise.resolve({
        untried: clusterSettings(demo.urls, {
          ...{ store: 'local', exporter: { flushDelay: '100 ms' } },
          databases: { 'web-modeler': source.database },
        }),
      }),
  });
}, 180_000);
afterAll(async () => {
  await site.stop();
  await Promise.all([source.close(), server.close()]);
});

async function drill(backupId: string) {
  const command = ['drill', backupId, '--level', 'databases'];
  const { exitCode, stdout, stderr } = await safepoint(command, site.env);
  const name = site.objects(backupId).findLast((it) => it.startsWith('drill.')) ?? '';
  const record = DrillRecord.parse(JSON.parse(readFileSync(site.file(backupId, name), 'utf8')));
  const databases = `select string_agg(datname, ',') from pg_database where datname not like 'template%'`;
  return { exitCode, stdout, stderr, record, left: await ask(server, databases) };
}

describe('workflows/drill: databases', () => {
  it('restores the dump on the server for drills, asks its queries and removes it', async () => {
    const { exitCode, stdout, record, left } = await drill(await site.backup());

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^ {2}dump of web-modeler restored on \S+ and removed: web_modeler \(\d+ tables\).*; 1 queries answer as expected$/m,
    );
    expect(record).toMatchObject({ level: 'databases', ok: true });
    expect(left).toBe('postgres');
  }, 120_000);

  it('fails when a query answers something else, and removes it all the same', async () => {
    await ask(source, 'delete from file_versions', 'web_modeler');

    const { exitCode, stderr, record, left } = await drill(await site.backup());

    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      'DrillFailed: database web-modeler was restored, but "select count(*) from file_versions" answers 0 instead of 20',
    );
    expect(record).toMatchObject({ ok: false, failure: { code: 'DrillFailed' } });
    expect(left).toBe('postgres');
  }, 120_000);

  it('refuses to prove nothing where no dump has a server for drills, and names the setting', async () => {
    const backupId = await site.backup('untried');

    const { exitCode, stderr } = await safepoint(['drill', backupId, '--level', 'databases'], site.env);

    const list = await safepoint(['list', 'untried', '--json'], site.env);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(
      'InvalidConfig: a drill of level databases would restore nothing: give a server for drills under clusters.untried.drill.databases.web-modeler',
    );
    expect(expectJson('list', list.stdout).sets).toMatchObject([{ backupId, proof: null }]);
  }, 120_000);
});
