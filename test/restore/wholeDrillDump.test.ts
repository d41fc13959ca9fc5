import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clusterSettings } from '../../sandbox/clusterSettings.ts';
import { startPlatform, type Platform } from '../../sandbox/platform/platform.ts';
import { startSimulator, type Simulator } from '../../sandbox/simulator/startSimulator.ts';
import { safepoint } from '../cli/safepoint.ts';
import { startDatabase, type DatabaseFixture } from '../database/databaseFixture.ts';
import { ask, startBareServer } from '../database/restoreFixture.ts';
import { startSite, type Site } from './site.ts';

let source: DatabaseFixture;
let server: DatabaseFixture;
let site: Site;
let lab: Simulator;
let platform: Platform;
let backupId: string;

/** `lab` is for drills of `demo`, with a server of its own for the dump. */
beforeAll(async () => {
  [source, server] = await Promise.all([startDatabase(20), startBareServer()]);
  site = await startSite({
    settings: { databases: { 'web-modeler': source.database }, drill: { level: 'whole', into: 'lab' } },
    async others(demo) {
      lab = await startSimulator({ profile: '8.8', partMs: 50, flushDelayMs: 50 }, demo.backups);
      platform = await startPlatform(lab);
      const restore = { hooks: platform.hooks, databases: { 'web-modeler': server.database } };
      return { lab: clusterSettings(lab.urls, { store: 'local', restore }) };
    },
  });
  backupId = await site.backup();
}, 180_000);
afterAll(async () => {
  await site.stop();
  await platform.stop();
  await lab.stop();
  await Promise.all([source.close(), server.close()]);
});

const files = () => ask(server, 'select count(*) from file_versions', 'web_modeler');

async function drill() {
  const { exitCode, stderr } = await safepoint(['drill', '--cluster', 'demo'], site.env, 120_000);
  return { exitCode, stderr };
}

describe('workflows/drill: whole, of a set with a dump', () => {
  it('passes again, and drops what the drill before it restored', async () => {
    const first = await drill();
    await ask(server, 'delete from file_versions', 'web_modeler');

    const second = await drill();

    expect(first).toMatchObject({ exitCode: 0 });
    expect(second).toEqual({ exitCode: 0, stderr: first.stderr });
    expect(await files()).toBe('20');
  }, 240_000);

  it('keeps a restore in earnest from dropping it, and that of a restore in earnest from a drill', async () => {
    await ask(server, 'delete from file_versions', 'web_modeler');
    const earnest = ['restore', backupId, '--into', 'lab', '--yes'];

    const refused = await safepoint(earnest, site.env, 120_000);
    const kept = await files();
    await ask(server, 'drop database web_modeler with (force)');
    const restored = await safepoint(earnest, site.env, 120_000);
    const next = await drill();

    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('DatabaseNotEmpty: ') });
    expect(kept).toBe('0');
    expect(restored).toMatchObject({ exitCode: 0 });
    expect(next).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('DatabaseNotEmpty: ') });
  }, 240_000);
});
