import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { formatLabel, type SetLabel } from '../../../src/domain/setLabel.ts';
import { SafepointError } from '../../../src/contract/errors.ts';
import type { ObjectStore } from '../../../src/storage/port.ts';
import { repairSet, type RepairedObject } from '../../../src/storage/repair/repairSet.ts';
import { changed } from '../changedStore.ts';
import { BYTES, CLUSTER, contents, ID, KEYS, manifestText, openStores, writeSet } from './setFixture.ts';

const LABEL: SetLabel = {
  ...{ verdict: 'complete', procedure: 'sequential', startedMs: 1, completedMs: 2, windowMs: 1 },
  ...{ manifestBytes: 0, artifacts: 2, artifactBytes: 1, manifestSha256: '' },
};

let dir: string;
let main: ObjectStore;
let offsite: ObjectStore;
let third: ObjectStore;

beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'safepoint-repair-'));
  [main, offsite, third] = await openStores(dir);
});

afterEach(async () => {
  await rm(dir, { recursive: true });
});

function repair(stores = [main, offsite], dryRun = false): Promise<RepairedObject[]> {
  return repairSet({ cluster: CLUSTER, backupId: ID, stores, dryRun });
}

/** `web-modeler.sql.zst in offsite: missing, copied`, of all that was not good. */
function acts(objects: RepairedObject[]): string[] {
  return objects
    .filter(({ state }) => state !== 'good')
    .map(({ name, store, state, done }) => `${name} in ${store}: ${state}, ${done}`);
}

const flip = (text: string) => `${text.slice(0, 100)}X${text.slice(101)}`;
const flipOnce = async (store: ObjectStore, key: string) => {
  await store.putObject(key, flip((await store.getObject(key)) ?? ''));
};

describe('storage/repair: repairSet', () => {
  it('does nothing where all is good', async () => {
    const objects = await repair();

    expect(objects).toHaveLength(6);
    expect(acts(objects)).toEqual([]);
  });

  it('goes by the label where two manifests differ', async () => {
    const sha256 = createHash('sha256').update(manifestText()).digest('hex');
    const label = formatLabel({ ...LABEL, manifestBytes: manifestText().length, manifestSha256: sha256 });
    for (const store of [main, offsite]) await store.putObject(`${CLUSTER}/${ID}/${label}`, '\n');
    await main.putObject(KEYS.manifest, manifestText({ completedAt: '2026-11-26T00:00:00Z' }));

    const objects = await repair();

    expect(acts(objects)).toEqual(['manifest.json in main: damaged, copied']);
    expect(await main.getObject(KEYS.manifest)).toBe(manifestText());
  });

  it('copies a hold, so that it outlives the store that has it', async () => {
    await offsite.putObject(`${CLUSTER}/${ID}/hold.json`, '{}');

    const objects = await repair();

    expect(acts(objects)).toEqual(['hold.json in main: missing, copied']);
    expect(await main.getObject(`${CLUSTER}/${ID}/hold.json`)).toBe('{}');
  });

  it.each([
    [
      'a dump is missing',
      () => offsite.remove(KEYS.modeler),
      ['web-modeler.sql.zst in offsite: missing, copied'],
    ],
    [
      'a byte was flipped',
      () => flipOnce(offsite, KEYS.modeler),
      ['web-modeler.sql.zst in offsite: damaged, copied'],
    ],
    [
      'a dump was cut short',
      () => offsite.putObject(KEYS.keycloak, 'another one'),
      ['keycloak.sql.zst.age in offsite: damaged, copied'],
    ],
    [
      'the manifest is missing',
      () => offsite.remove(KEYS.manifest),
      ['manifest.json in offsite: missing, copied'],
    ],
    [
      'the manifest was cut short',
      () => offsite.putObject(KEYS.manifest, manifestText().slice(0, 500)),
      ['manifest.json in offsite: damaged, copied'],
    ],
    [
      'the leading store lost its manifest',
      () => main.remove(KEYS.manifest),
      ['manifest.json in main: missing, copied'],
    ],
    [
      'the leading store has a damaged dump',
      () => flipOnce(main, KEYS.modeler),
      ['web-modeler.sql.zst in main: damaged, copied'],
    ],
    [
      'each store lacks something else',
      async () => {
        await main.remove(KEYS.modeler);
        await offsite.remove(KEYS.keycloak);
      },
      ['web-modeler.sql.zst in main: missing, copied', 'keycloak.sql.zst.age in offsite: missing, copied'],
    ],
  ])('makes both stores whole again when %s, and has nothing to do then', async (_, damage, expected) => {
    const before = await contents(main);
    await damage();

    const objects = await repair();

    expect(acts(objects)).toEqual(expected);
    expect(await contents(main)).toEqual(before);
    expect(await contents(offsite)).toEqual(before);
    expect(acts(await repair())).toEqual([]);
  });

  it('fills a store that has nothing, with the label, and the manifest last', async () => {
    const written: string[] = [];
    const watched = changed(third, {
      putObject: async (key, body, options) => {
        written.push(key);
        await third.putObject(key, body, options);
      },
      putStream: async (key, body, options) => {
        written.push(key);
        await third.putStream(key, body, options);
      },
    });

    await repair([main, offsite, watched]);

    expect(await contents(third)).toEqual(await contents(main));
    expect(written.at(-1)).toBe(KEYS.manifest);
    expect(written).toHaveLength(4);
  });

  it('looks only with --dry-run', async () => {
    await offsite.remove(KEYS.modeler);
    await offsite.remove(KEYS.manifest);
    const before = await contents(offsite);

    const objects = await repair([main, offsite], true);

    expect(acts(objects)).toEqual([
      'web-modeler.sql.zst in offsite: missing, would copy',
      'manifest.json in offsite: missing, would copy',
    ]);
    expect(await contents(offsite)).toEqual(before);
  });
});

describe('storage/repair: what is not good', () => {
  it.each([
    [
      'no store has a good dump',
      async () => {
        await main.remove(KEYS.modeler);
        await flipOnce(offsite, KEYS.modeler);
      },
      /^no store has a good web-modeler\.sql\.zst of set 1000 of prod: main: it is not there; offsite: its sha256 is /,
    ],
    [
      'no store has a good manifest',
      async () => {
        await main.remove(KEYS.manifest);
        await offsite.putObject(KEYS.manifest, '{');
      },
      /^no store has a good manifest\.json of set 1000 of prod: main: it is not there; offsite: it is not a manifest; third: it is not there$/,
    ],
    [
      'the manifests are those of other sets',
      async () => {
        for (const store of [main, offsite])
          await store.putObject(KEYS.manifest, manifestText({ backupId: '7' }));
      },
      /main: it is the one of backup 7 of prod/,
    ],
  ])('refuses before anything is written when %s', async (_, damage, message) => {
    await damage();
    await third.putObject('any', 'thing');
    const before = [await contents(main), await contents(offsite), await contents(third)];

    await expect(repair([main, offsite, third])).rejects.toMatchObject({
      code: 'NoGoodCopy',
      message: expect.stringMatching(message),
    });

    expect([await contents(main), await contents(offsite), await contents(third)]).toEqual(before);
  });

  it('writes nothing under the name when the source turns bad on its way', async () => {
    await offsite.remove(KEYS.modeler);
    let reads = 0;
    const turning = changed(main, {
      getStream: (key, options) => {
        reads += 1;
        if (key !== KEYS.modeler || reads === 1) return main.getStream(key, options);
        return Promise.resolve(Readable.from([Buffer.from(flip(BYTES[key] ?? ''))]));
      },
    });

    const objects = await repair([turning, offsite]);

    expect(acts(objects)).toEqual(['web-modeler.sql.zst in offsite: missing, failed']);
    expect(objects.find(({ done }) => done === 'failed')?.why).toContain('its sha256 is ');
    expect(await offsite.head(KEYS.modeler)).toBeNull();
  });

  it('takes the next good store when one breaks on its way', async () => {
    let reads = 0;
    const breaking = changed(main, {
      getStream: (key, options) => {
        reads += 1;
        if (reads <= 2) return main.getStream(key, options);
        return Promise.reject(new SafepointError('StoreFailed', 'store main: gone'));
      },
    });

    const objects = await repair([breaking, offsite, third]);

    expect(objects.filter(({ store, from }) => store === 'third' && from === 'offsite')).toHaveLength(2);
    expect(await contents(third)).toEqual(await contents(offsite));
  });

  it('leaves the manifest out where a dump could not be copied', async () => {
    const full = changed(third, {
      putStream: () => Promise.reject(new SafepointError('StoreFailed', 'store third: full')),
    });

    const objects = await repair([main, full]);

    expect(acts(objects)).toEqual([
      'web-modeler.sql.zst in third: missing, failed',
      'keycloak.sql.zst.age in third: missing, failed',
      'manifest.json in third: missing, failed',
    ]);
    expect(await third.head(KEYS.manifest)).toBeNull();
  });

  it('repairs the others when one store does not answer', async () => {
    await offsite.remove(KEYS.modeler);
    const down = () => Promise.reject(new SafepointError('StoreFailed', 'store third: down'));
    const silent = changed(third, { head: down, getObject: down, getStream: down });

    const objects = await repair([main, offsite, silent]);

    expect(acts(objects)).toEqual([
      'web-modeler.sql.zst in offsite: missing, copied',
      'web-modeler.sql.zst in third: unreachable, nothing',
      'keycloak.sql.zst.age in third: unreachable, nothing',
      'manifest.json in third: unreachable, nothing',
    ]);
  });
});

describe('storage/repair: manifests that differ', () => {
  const earlier = manifestText({ completedAt: '2026-11-22T01:59:00.000Z' });

  it('replaces the one that fewer stores have', async () => {
    await writeSet(third);
    await main.putObject(KEYS.manifest, earlier);

    const objects = await repair([main, offsite, third]);

    expect(acts(objects)).toEqual(['manifest.json in main: damaged, copied']);
    expect(await main.getObject(KEYS.manifest)).toBe(manifestText());
  });

  it('replaces one whose dumps are nowhere', async () => {
    await main.putObject(
      KEYS.manifest,
      manifestText().replace(/"sha256": "[0-9a-f]{8}/, '"sha256": "00000000'),
    );

    const objects = await repair();

    expect(acts(objects)).toEqual(['manifest.json in main: damaged, copied']);
    expect(await main.getObject(KEYS.manifest)).toBe(manifestText());
  });

  it.each([
    ['nothing shows which is right', earlier],
    ['one is that of another run', manifestText({ run: { workflowId: 'w', runId: 'run-2' } })],
  ])('touches neither when %s', async (_, other) => {
    await offsite.putObject(KEYS.manifest, other);

    const objects = await repair();

    expect(acts(objects)).toEqual(['manifest.json in offsite: damaged, failed']);
    expect(await offsite.getObject(KEYS.manifest)).toBe(other);
    expect(await main.getObject(KEYS.manifest)).toBe(manifestText());
  });
});
