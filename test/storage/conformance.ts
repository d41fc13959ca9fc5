import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { SafepointError } from '../../src/contract/errors.ts';
import { putEverywhere } from '../../src/storage/fanOut.ts';
import { collect } from './collect.ts';
import type { ObjectInfo, ObjectStore } from '../../src/storage/port.ts';

/** A store to test, and a look behind it. */
export type StoreFixture = {
  store: ObjectStore;
  /** Everything unfinished behind the store: temporary files, multipart uploads. */
  unfinished: () => Promise<string[]>;
  close: () => Promise<void>;
};

const MiB = 1024 ** 2;

/** What every adapter must do, as the port says it. */
export function describeObjectStore(title: string, open: () => Promise<StoreFixture>): void {
  describe(`${title}: conforms to the port`, () => {
    let fixture: StoreFixture;
    let store: ObjectStore;

    beforeAll(async () => {
      fixture = await open();
      store = fixture.store;
    }, 60_000);

    afterAll(async () => {
      await fixture.close();
    });

    afterEach(async () => {
      expect(await fixture.unfinished()).toEqual([]);
    });

    it.each([
      ['nothing', 0],
      ['one byte', 1],
      ['exactly two parts', 16 * MiB],
      ['a little more than two parts', 16 * MiB + 7],
    ])('gives back a stream of %s', async (_, sizeBytes) => {
      const bytes = randomBytes(sizeBytes);

      await store.putStream(`streams/${sizeBytes}`, inOddChunks(bytes));

      const read = await buffer(await store.getStream(`streams/${sizeBytes}`));
      expect(sha256(read)).toBe(sha256(bytes));
      expect(await store.head(`streams/${sizeBytes}`)).toMatchObject({ sizeBytes });
    });

    it('has read a block of memory before it is used again', async () => {
      const bytes = randomBytes(80 * MiB);

      await putEverywhere([store], 'streams/blocks', inOddChunks(bytes));

      const read = await buffer(await store.getStream('streams/blocks'));
      expect(sha256(read)).toBe(sha256(bytes));
    });

    it('keeps nothing of a stream that fails after more than a part', async () => {
      const failure = new SafepointError('DumpFailed', 'cut off');
      const source = Readable.from(failingAfter(20 * MiB, failure));

      const put = store.putStream('failed/source', source);

      await expect(put).rejects.toBe(failure);
      expect(await store.head('failed/source')).toBeNull();
    });

    it('keeps nothing of a small stream that fails', async () => {
      const failure = new SafepointError('DumpFailed', 'cut off');

      const put = store.putStream('failed/small', Readable.from(failingAfter(1000, failure)));

      await expect(put).rejects.toBe(failure);
      expect(await store.head('failed/small')).toBeNull();
    });

    it('ends a stalled stream on abort, with the reason as it is, and keeps nothing', async () => {
      const reason = new Error('cancelled by the test');
      const stopping = new AbortController();
      const source = stallingAfter(17 * MiB, () => {
        stopping.abort(reason);
      });

      const put = store.putStream('failed/aborted', source, { signal: stopping.signal });

      await expect(put).rejects.toBe(reason);
      expect(source.destroyed).toBe(true);
      expect(await store.head('failed/aborted')).toBeNull();
    });

    it('replaces a small object', async () => {
      await store.putObject('small/replaced', 'first');

      await store.putObject('small/replaced', 'sécond');

      expect(await store.getObject('small/replaced')).toBe('sécond');
    });

    it('creates an object once', async () => {
      await store.putObject('once/a', 'first', { createOnly: true });

      const again = store.putObject('once/a', 'second', { createOnly: true });

      await expect(again).rejects.toMatchObject({ code: 'ObjectExists' });
      await expect(again).rejects.toThrow(store.locate('once/a'));
      expect(await store.getObject('once/a')).toBe('first');
    });

    it('lets exactly one of many writers create an object', async () => {
      const writers = Array.from({ length: 12 }, (_, index) => `writer ${index}`);

      const outcomes = await Promise.all(writers.map((writer) => tryCreate(store, 'once/race', writer)));

      const winners = writers.filter((_, index) => outcomes[index] === 'created');
      expect(winners).toHaveLength(1);
      expect(await store.getObject('once/race')).toBe(winners[0]);
      expect(new Set(outcomes)).toEqual(new Set(['created', 'ObjectExists']));
    });

    it('says null for what does not exist, and fails to stream it', async () => {
      const stream = store.getStream('absent/a');

      await expect(stream).rejects.toMatchObject({ code: 'StoreFailed' });
      await expect(stream).rejects.toThrow(`store ${store.name}`);
      await expect(stream).rejects.toThrow(store.locate('absent/a'));
      expect(await store.head('absent/a')).toBeNull();
      expect(await store.getObject('absent/a')).toBeNull();
    });

    it('lists what starts with a prefix, in the byte order of the keys', async () => {
      const keys = ['sets/1/a/b', 'sets/1/a0', 'sets/1/ä', 'sets/10/a', 'sets/2/a'];
      for (const key of keys.toReversed()) await store.putObject(key, 'x');

      const all = await listed(store, 'sets/');
      const one = await listed(store, 'sets/1/a');

      expect(all.map(({ key }) => key)).toEqual(keys.toSorted(byBytes));
      expect(one.map(({ key }) => key)).toEqual(['sets/1/a/b', 'sets/1/a0']);
      expect(all[0]).toMatchObject({ sizeBytes: 1 });
      expect(Math.abs(Date.parse(all[0]?.modifiedAt ?? '') - Date.now())).toBeLessThan(60_000);
    });

    it('lists the folders directly below a prefix', async () => {
      for (const key of ['tree/1/x', 'tree/2/y/z', 'tree/file']) await store.putObject(key, 'x');

      const folders = await store.listFolders('tree/');

      expect(folders).toEqual(['1', '2']);
      expect(await store.listFolders('tree')).toEqual(['1', '2']);
      expect(await store.listFolders('no-such-tree/')).toEqual([]);
      expect(await store.listFolders('')).toContain('tree');
    });

    it('lists more than a thousand objects', async () => {
      const keys = Array.from({ length: 1005 }, (_, index) => `many/${String(index).padStart(5, '0')}`);
      await inGroups(keys, 100, (key) => store.putObject(key, 'x'));

      const found = await listed(store, 'many/');

      expect(found.map(({ key }) => key)).toEqual(keys);
    }, 120_000);

    it('deletes an object, and does not mind when it is gone', async () => {
      await store.putObject('gone/set/a', 'x');

      await store.remove('gone/set/a');
      await store.remove('gone/set/a');

      expect(await store.head('gone/set/a')).toBeNull();
    });

    it('ends a reading on abort with the reason as it is', async () => {
      const reason = new Error('cancelled by the test');
      const stopping = new AbortController();
      await store.putStream('streams/aborted', Readable.from([randomBytes(4 * MiB)]));
      const stream = await store.getStream('streams/aborted', { signal: stopping.signal });

      const reading = (async () => {
        for await (const chunk of stream) if (chunk !== undefined) stopping.abort(reason);
      })();

      await expect(reading).rejects.toBe(reason);
    });

    it('does nothing when the signal is aborted already', async () => {
      const reason = new Error('cancelled before');
      const options = { signal: AbortSignal.abort(reason) };
      const source = Readable.from([Buffer.from('x')]);

      await expect(store.putStream('late/a', source, options)).rejects.toBe(reason);
      await expect(store.putObject('late/a', 'x', options)).rejects.toBe(reason);
      await expect(store.getObject('late/a', options)).rejects.toBe(reason);
      await expect(store.getStream('late/a', options)).rejects.toBe(reason);
      await expect(store.head('late/a', options)).rejects.toBe(reason);
      await expect(store.listFolders('late/', options)).rejects.toBe(reason);
      await expect(store.remove('late/a', options)).rejects.toBe(reason);
      await expect(listed(store, 'late/', options)).rejects.toBe(reason);
      expect(source.destroyed).toBe(true);
      expect(await store.head('late/a')).toBeNull();
    });
  });
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function listed(
  store: ObjectStore,
  prefix: string,
  options?: { signal: AbortSignal },
): Promise<ObjectInfo[]> {
  return collect(store.list(prefix, options));
}

async function tryCreate(store: ObjectStore, key: string, body: string): Promise<string> {
  return store.putObject(key, body, { createOnly: true }).then(
    () => 'created',
    (error: unknown) => (error as SafepointError).code,
  );
}

function inOddChunks(bytes: Buffer): Readable {
  const chunkBytes = 70_001;
  const count = Math.ceil(bytes.length / chunkBytes);
  const chunks = Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes),
  );
  return Readable.from(chunks, { objectMode: false });
}

function* failingAfter(sizeBytes: number, failure: Error): Iterable<Buffer> {
  const chunk = randomBytes(Math.min(sizeBytes, 64 * 1024));
  for (let sent = 0; sent < sizeBytes; sent += chunk.length) yield chunk;
  throw failure;
}

/** Gives its bytes, and calls back when they are all taken and more is asked for. */
function stallingAfter(sizeBytes: number, onStall: () => void): Readable {
  let given = false;
  return new Readable({
    read() {
      if (given) onStall();
      else this.push(randomBytes(sizeBytes));
      given = true;
    },
  });
}

function byBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

async function inGroups(
  keys: string[],
  groupSize: number,
  action: (key: string) => Promise<void>,
): Promise<void> {
  for (let start = 0; start < keys.length; start += groupSize) {
    await Promise.all(keys.slice(start, start + groupSize).map(action));
  }
}
