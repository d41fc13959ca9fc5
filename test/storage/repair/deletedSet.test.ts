import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SafepointError } from '../../../src/contract/errors.ts';
import type { ObjectStore } from '../../../src/storage/port.ts';
import { repairSet, type RepairedObject } from '../../../src/storage/repair/repairSet.ts';
import { changed } from '../changedStore.ts';
import { CLUSTER, contents, ID, KEYS, openStores } from './setFixture.ts';

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

function repair(stores = [main, offsite]): Promise<RepairedObject[]> {
  return repairSet({ cluster: CLUSTER, backupId: ID, stores, dryRun: false });
}

describe('storage/repair: a set that is deleted', () => {
  it('touches no set that is being deleted', async () => {
    await offsite.putObject(`${CLUSTER}/${ID}/tombstone.json`, '{}');
    await offsite.remove(KEYS.modeler);

    await expect(repair()).rejects.toMatchObject({
      code: 'InvalidInput',
      message: expect.stringContaining('being deleted'),
    });

    expect(await offsite.head(KEYS.modeler)).toBeNull();
  });

  it.each([
    [
      'is being deleted',
      () => main.putObject(`${CLUSTER}/${ID}/tombstone.json`, '{}'),
      'set 1000 of prod is being deleted: tombstone.json is in store main',
    ],
    [
      'was deleted whole',
      async () => {
        for (const store of [main, offsite])
          for (const key of Object.keys(await contents(store))) await store.remove(key);
      },
      'set 1000 of prod has changed meanwhile: store main no longer has the manifest that was read there; dumps that were copied stay',
    ],
  ])('writes no manifest when the set %s while dumps were copied', async (_, deleteSet, message) => {
    const slow = changed(third, {
      putStream: async (key, body, options) => {
        await third.putStream(key, body, options);
        if (key === KEYS.keycloak) await deleteSet();
      },
    });

    await expect(repair([main, offsite, slow])).rejects.toMatchObject({ code: 'InvalidInput', message });

    expect(Object.keys(await contents(third))).toEqual([KEYS.keycloak, KEYS.modeler]);
  });

  it('says of the manifest that it could not be copied when its source no longer answers', async () => {
    let answers = true;
    const down = () => Promise.reject(new SafepointError('StoreFailed', 'store main: down'));
    const leaving = changed(main, {
      getObject: (key, options) => (answers ? main.getObject(key, options) : down()),
    });
    const watched = changed(third, {
      putStream: async (key, body, options) => {
        await third.putStream(key, body, options);
        answers = false;
      },
    });

    const objects = await repair([leaving, watched]);

    expect(objects).toContainEqual(
      expect.objectContaining({
        name: 'manifest.json',
        store: 'third',
        done: 'failed',
        why: 'store main: down',
      }),
    );
  });
});
