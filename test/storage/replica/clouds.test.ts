import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createObjectStore } from '../../../src/storage/objectStore.ts';
import type { ObjectStore } from '../../../src/storage/port.ts';
import { openLedger } from '../../../src/storage/replica/ledger.ts';
import { mirror } from '../../../src/storage/replica/mirror.ts';
import { startAzure, type AzureServer } from '../azureFixture.ts';
import { startGcs, type GcsServer } from '../gcsFixture.ts';
import { put } from './layouts.ts';
import { contentOf, openFolders } from './stores.ts';

let azure: AzureServer;
let gcs: GcsServer;
let folders: Awaited<ReturnType<typeof openFolders>>;

beforeAll(async () => {
  [azure, gcs, folders] = await Promise.all([startAzure(), startGcs(), openFolders()]);
}, 300_000);
afterAll(async () => {
  await Promise.all([azure.close(), gcs.close(), folders.close()]);
});

describe('storage/replica: other clouds', () => {
  it('copies from a folder to Azure, to Google Cloud, and back; then nothing again', async () => {
    await put(folders.from, 'empty', '');
    await put(folders.from, 'a/small', randomBytes(1_000));
    await put(folders.from, 'a/of-three-parts', randomBytes(17 * 1024 ** 2));
    const [blobs, objects] = [createObjectStore('azure', azure.config), createObjectStore('gcs', gcs.config)];
    const copyAll = async (from: ObjectStore, to: ObjectStore) => {
      const places = { from: from.locate(''), to: to.locate('') };
      const ledger = await openLedger(folders.leading, `${from.name}-${to.name}`, places);
      return await mirror({ from, to, ledger, list: (store) => store.list(''), rank: () => 0 });
    };

    const first = await copyAll(folders.from, blobs);
    const across = await copyAll(blobs, objects);
    const back = await copyAll(objects, folders.to);
    const again = [await copyAll(folders.from, blobs), await copyAll(blobs, objects)];

    expect(await contentOf(folders.to)).toEqual(await contentOf(folders.from));
    expect([first, across, back]).toEqual([first, first, first]);
    expect(first).toMatchObject({ objects: 3, copiedObjects: 3 });
    for (const { copiedObjects, mendedObjects } of again)
      expect([copiedObjects, mendedObjects]).toEqual([0, 0]);
  }, 60_000);
});
