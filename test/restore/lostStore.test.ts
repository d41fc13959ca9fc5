import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { safepoint } from '../cli/safepoint.ts';
import { startDatabase, type DatabaseFixture } from '../database/databaseFixture.ts';
import { ask, startBareServer } from '../database/restoreFixture.ts';
import { startSite, type Site } from './site.ts';

let source: DatabaseFixture;
let server: DatabaseFixture;
let site: Site;
let backupId: string;
beforeAll(async () => {
  [source, server] = await Promise.all([startDatabase(20), startBareServer()]);
  site = await startSite({
    copies: true,
    settings: { databases: { 'web-modeler': source.database } },
    restore: { databases: { 'web-modeler': server.database } },
  });
  backupId = await site.backup();
}, 180_000);
afterAll(async () => {
  await site.stop();
  await Promise.all([source.close(), server.close()]);
});

type ConfigFile = { stores: Record<string, object>; clusters: Record<'demo', Record<string, unknown>> };

describe('cli/restore: the store that leads is lost', () => {
  it('restores from the copy, once the config names that as the store', async () => {
    const file = site.env.SAFEPOINT_CONFIG ?? '';
    const { stores, clusters } = JSON.parse(readFileSync(file, 'utf8')) as ConfigFile;
    rmSync(path.dirname(path.dirname(site.file(backupId, ''))), { recursive: true });
    const { copies, ...rest } = clusters.demo;
    const demo = { ...rest, store: 'offsite' };
    writeFileSync(file, JSON.stringify({ stores: { offsite: stores.offsite }, clusters: { demo } }));
    await site.worker.kill();
    await site.startWorker('second');

    const { exitCode, stdout, stderr } = await safepoint(['restore', backupId, '--yes'], site.env, 120_000);

    expect(copies).toEqual(['offsite']);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stdout).toContain(`restored: set ${backupId} of demo into demo`);
    expect(await ask(server, 'select count(*) from file_versions', 'web_modeler')).toBe('20');
  }, 180_000);
});
