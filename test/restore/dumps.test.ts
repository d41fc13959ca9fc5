import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { clusterSettings } from '../../sandbox/clusterSettings.ts';
import { safepoint } from '../cli/safepoint.ts';
import { startDatabase, type DatabaseFixture } from '../database/databaseFixture.ts';
import { ask, startBareServer } from '../database/restoreFixture.ts';
import { startSite, type Site } from './site.ts';

const everything = `select string_agg(name, ',' order by name) from
  (select datname as name from pg_database union all select rolname from pg_roles) as all_names`;

let source: DatabaseFixture;
let server: DatabaseFixture;
let site: Site;
let keyFile: string;
let identity: string;
let plain: string;
let sealed: string;
let before: { live: string[]; requests: number; onServer: string };

/** The same installation twice: `demo` with dumps as they are, and `sealed`, whose dumps are encrypted. */
beforeAll(async () => {
  [source, server] = await Promise.all([startDatabase(20), startBareServer()]);
  identity = await generateX25519Identity();
  const recipients = [await identityToRecipient(identity)];
  keyFile = path.join(source.dir, 'age-key.txt');
  writeFileSync(keyFile, identity);
  const databases = { 'web-modeler': source.database };
  const encryption = { recipients, identity: { file: keyFile } };
  site = await startSite({
    settings: { databases },
    restore: { databases: { 'web-modeler': server.database } },
    others: (demo) =>
      Promise.resolve({
        sealed: clusterSettings(demo.urls, {
          ...{ store: 'local', exporter: { flushDelay: '100 ms' } },
          ...{ databases, encryption },
        }),
      }),
  });
  plain = await site.backup();
  sealed = await site.backup('sealed');
}, 180_000);
afterAll(async () => {
  await site.stop();
  await Promise.all([source.close(), server.close()]);
});
beforeEach(async () => {
  before = {
    live: site.simulator.liveIndices(),
    requests: site.simulator.requests.length,
    onServer: await ask(server, everything),
  };
});

async function expectUntouched(): Promise<void> {
  const changing = site.simulator.requests
    .slice(before.requests)
    .filter(({ method }) => method !== 'GET' && method !== 'HEAD');
  expect(changing).toEqual([]);
  expect(site.simulator.liveIndices()).toEqual(before.live);
  expect(site.asked()).toEqual([]);
  expect(await ask(server, everything)).toBe(before.onServer);
  expect(site.hasMarker()).toBe(false);
}

describe('cli/restore: a dump that cannot be restored, before anything is touched', () => {
  it('refuses one that is cut, as the list of the store shows it', async () => {
    const { exitCode, stderr } = await withDamaged((bytes) => bytes.subarray(0, -10), []);

    expect(exitCode).toBe(5);
    expect(stderr).toContain('- set.complete: the set is partial: 1 dumps of ');
    await expectUntouched();
  }, 60_000);

  it.each([
    ['is cut, also when forced', (bytes: Buffer) => bytes.subarray(0, -10), ['--force']],
    ['has a flipped bit, which no list shows', flipBit, []],
  ])(
    'reads one that %s, a single time, and names it',
    async (_, damage, more) => {
      const { exitCode, stderr, file } = await withDamaged(damage, more);

      expect(exitCode).toBe(1);
      expect(stderr).toContain(`DumpUnusable: ${file} is damaged: cannot be decompressed: `);
      expect(stderr).toContain('or use another set');
      expect(site.records(plain).at(-1)).toMatchObject({
        ok: false,
        failure: { step: 'dumps', code: 'DumpUnusable' },
      });
      await expectUntouched();
    },
    60_000,
  );

  it('refuses one that the age key does not open, and names the setting', async () => {
    writeFileSync(keyFile, await generateX25519Identity());

    const { exitCode, stderr } = await intoDemo(sealed);

    writeFileSync(keyFile, identity);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(
      'InvalidConfig: clusters.sealed.encryption.identity: web-modeler.sql.zst.age: no key of the identity fits',
    );
    await expectUntouched();
  }, 120_000);

  it('restores that dump with the right key', async () => {
    const { exitCode, stderr } = await intoDemo(sealed);

    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(site.asked()).toEqual(['stop', 'zeebeRestore', 'start']);
    expect(await ask(server, 'select count(*) from file_versions', 'web_modeler')).toBe('20');
  }, 120_000);
});

/** A restore while the dump of the plain set is damaged. */
async function withDamaged(damage: (bytes: Buffer) => Buffer, more: string[]) {
  const [dump] = site.manifest(plain).artifacts;
  const file = site.file(plain, dump?.name ?? '');
  const whole = readFileSync(file);
  writeFileSync(file, damage(whole));
  const { exitCode, stderr } = await safepoint(['restore', plain, '--yes', ...more], site.env);
  writeFileSync(file, whole);
  return { exitCode, stderr, file };
}

const intoDemo = (backupId: string) =>
  safepoint(['restore', backupId, '--into', 'demo', '--yes'], site.env, 120_000);

function flipBit(bytes: Buffer): Buffer {
  const middle = Math.floor(bytes.length / 2);
  return Buffer.from(bytes.map((byte, at) => (at === middle ? byte ^ 1 : byte)));
}
