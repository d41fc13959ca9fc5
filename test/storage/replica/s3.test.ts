import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import path from 'node:path';
import { Readable } from 'node:stream';
import { createObjectStore } from '../../../src/storage/objectStore.ts';
import type { ObjectInfo, ObjectStore } from '../../../src/storage/port.ts';
import { copyObject } from '../../../src/storage/replica/copyObject.ts';
import { openLedger } from '../../../src/storage/replica/ledger.ts';
import { mirror } from '../../../src/storage/replica/mirror.ts';
import { startS3, type S3Server } from '../s3Fixture.ts';
import { put } from './layouts.ts';
import { contentOf, openFolders } from './stores.ts';

const MiB = 1024 ** 2;

let s3: S3Server;
let folders: Awaited<ReturnType<typeof openFolders>>;
const bucket = (prefix: string) => createObjectStore(prefix, { ...s3.config, prefix });

beforeAll(async () => {
  [s3, folders] = await Promise.all([startS3(), openFolders()]);
}, 120_000);
afterAll(async () => {
  await Promise.all([s3.close(), folders.close()]);
});

async function copyAll(from: ObjectStore, to: ObjectStore) {
  const ledger = await openLedger(folders.leading, `${from.name}-${to.name}`, {
    from: from.locate(''),
    to: to.locate(''),
  });
  return await mirror({ from, to, ledger, list: (store) => store.list(''), rank: () => 0 });
}

/** The same store, which tells of each object what `change` makes of it. */
function telling(store: ObjectStore, change: (info: ObjectInfo) => ObjectInfo): ObjectStore {
  return new Proxy(store, {
    get(target, name) {
      if (name === 'head')
        return async (key: string) => {
          const info = await target.head(key);
          return info === null ? null : change(info);
        };
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

describe('storage/replica: S3', () => {
  it('copies from a folder to S3, to another bucket path, and back; then nothing again', async () => {
    await put(folders.from, 'empty', '');
    await put(folders.from, 'a/small', randomBytes(1_000));
    await put(folders.from, 'a/of-three-parts', randomBytes(17 * MiB));
    const [one, other] = [bucket('one'), bucket('other')];

    const there = await copyAll(folders.from, one);
    const across = await copyAll(one, other);
    const back = await copyAll(other, folders.to);
    const again = [await copyAll(folders.from, one), await copyAll(one, other)];

    expect(await contentOf(folders.to)).toEqual(await contentOf(folders.from));
    expect([there, across, back]).toEqual([there, there, there]);
    expect(there).toMatchObject({ objects: 3, copiedObjects: 3 });
    for (const { copiedObjects, mendedObjects } of again)
      expect([copiedObjects, mendedObjects]).toEqual([0, 0]);
    expect(await s3.unfinished()).toEqual([]);
  }, 60_000);

  it('finds by its etag an object that was written again, of the same size', async () => {
    const [one, other] = [bucket('one'), bucket('other')];
    await put(one, 'a/small', randomBytes(1_000));
    await put(other, 'empty', 'not');

    const result = await copyAll(one, other);

    expect(result).toMatchObject({ copiedObjects: 2, mendedObjects: 1 });
    expect(await contentOf(other)).toEqual(await contentOf(one));
  });

  it('compares with the MD5 that the source tells, and writes nothing when it is another', async () => {
    const from = bucket('one');
    await put(from, 'honest', 'some bytes');
    const listed = await from.head('honest');
    let reads = 0;
    const flipping = new Proxy(from, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (name !== 'getStream')
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        return async (key: string) =>
          (reads += 1) === 1 ? Readable.from([Buffer.from('some bytez')]) : await target.getStream(key);
      },
    });

    const copy = copyObject(flipping, folders.to, listed as ObjectInfo);

    await expect(copy).rejects.toMatchObject({ code: 'ReplicaFailed' });
    await expect(copy).rejects.toThrow(/gives other bytes when it is read again/);
    expect(listed?.etag).toBe(createHash('md5').update('some bytes').digest('hex'));
    expect(await folders.to.head('honest')).toBeNull();
  });

  it('bears etags that are no MD5, as under SSE-KMS, on both sides', async () => {
    const noDigest = (info: ObjectInfo) => ({ ...info, etag: 'f'.repeat(32) });
    const [from, to] = [telling(bucket('one'), noDigest), telling(bucket('kms'), noDigest)];
    await put(from, 'encrypted', 'some bytes');

    const { target } = await copyObject(from, to, (await from.head('encrypted')) as ObjectInfo);

    expect(target.sizeBytes).toBe(10);
    expect(await to.getObject('encrypted')).toBe('some bytes');
  });
});

describe('storage/replica: a process that is killed', () => {
  it('is taken up where it was', async () => {
    const place = await openFolders();
    try {
      for (let each = 0; each < 160; each += 1) await put(place.from, `data/${each}`, randomBytes(1_000));
      const program = path.join(import.meta.dirname, 'slowCopy.ts');
      const running = execa(process.execPath, [program, place.root], { reject: false, lines: true });
      for await (const line of running) if (Number(line) >= 130) running.kill('SIGKILL');
      const ledger = await openLedger(place.leading, 'ledger', {
        from: place.from.locate(''),
        to: place.to.locate(''),
      });
      const known = ledger.entries.size;

      const result = await mirror({
        from: place.from,
        to: place.to,
        ledger,
        list: (store) => store.list(''),
        rank: () => 0,
      });

      expect(known).toBeGreaterThan(0);
      expect(result).toMatchObject({ objects: 160, copiedObjects: 160 - known, mendedObjects: 0 });
      expect(await contentOf(place.to)).toEqual(await contentOf(place.from));
    } finally {
      await place.close();
    }
  }, 60_000);
});
