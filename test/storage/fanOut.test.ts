import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SafepointError } from '../../src/contract/errors.ts';
import { putEverywhere } from '../../src/storage/fanOut.ts';
import { createObjectStore } from '../../src/storage/objectStore.ts';
import type { ObjectStore } from '../../src/storage/port.ts';
import { changed } from './changedStore.ts';

const MiB = 1024 ** 2;
const KEY = 'set/a.sql.zst';

let dir: string;
let stores: ObjectStore[];

beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'safepoint-fan-out-'));
  stores = await Promise.all(
    ['main', 'near', 'far'].map(async (name) => {
      const folder = await mkdtemp(path.join(dir, `${name}-`));
      return createObjectStore(name, { type: 'folder', path: folder });
    }),
  );
});

afterEach(async () => {
  await rm(dir, { recursive: true });
});

/** The store at the place, with another `putStream`; the rest is the folder's. */
function replaced(at: number, putStream: ObjectStore['putStream']): ObjectStore[] {
  return stores.map((store, index) =>
    index === at
      ? Object.assign(Object.create(store) as ObjectStore, { name: store.name, putStream })
      : store,
  );
}

/** Blocks of one letter each, and what they are together. */
function source(blocks: number, blockBytes = 3 * MiB): { body: Readable; whole: Buffer; read: () => number } {
  const all = Array.from({ length: blocks }, (_, at) => Buffer.alloc(blockBytes, 97 + (at % 26)));
  let count = 0;
  async function* generate() {
    for (const block of all) {
      await sleep(0);
      count += 1;
      yield block;
    }
  }
  return {
    body: Readable.from(generate(), { highWaterMark: 1 }),
    whole: Buffer.concat(all),
    read: () => count,
  };
}

/** Nothing ever comes of it. */
function silent(): Readable {
  return new Readable({ read: () => undefined });
}

/** Takes this much, then does what it is told. */
async function takes(body: Readable, bytes: number): Promise<void> {
  let taken = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    taken += chunk.length;
    if (taken >= bytes) return;
  }
}

async function contents(store: ObjectStore): Promise<Buffer | null> {
  return (await store.head(KEY)) === null ? null : await buffer(await store.getStream(KEY));
}

describe('storage/fanOut: putEverywhere', () => {
  it.each([[0], [1], [8 * MiB], [8 * MiB + 1], [40 * MiB + 5]])('writes %i bytes to all', async (size) => {
    const bytes = Buffer.alloc(size, 'x');

    const placement = await putEverywhere(stores, KEY, Readable.from(size === 0 ? [] : [Buffer.from(bytes)]));

    expect(placement).toEqual({ stored: ['main', 'near', 'far'], notStored: [] });
    for (const store of stores) expect((await contents(store))?.equals(bytes)).toBe(true);
  });

  it('goes at the pace of the slowest, and holds no more than a few blocks', async () => {
    const { body, whole, read } = source(40, 8 * MiB);
    let taken = 0;
    let most = 0;
    const slow = replaced(2, async (_key, stream) => {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        most = Math.max(most, read() - taken / (8 * MiB));
        taken += chunk.length;
        await sleep(5);
      }
    });

    const { stored } = await putEverywhere(slow, KEY, body);

    expect(stored).toEqual(['main', 'near', 'far']);
    expect(taken).toBe(whole.length);
    expect(most).toBeLessThanOrEqual(5);
  });

  const failure = new SafepointError('StoreFailed', 'store near: could not write: it broke');
  it.each([
    ['at the start', () => Promise.reject(failure)],
    [
      'midway',
      async (_key: string, body: Readable) => {
        await takes(body, 10 * MiB);
        throw failure;
      },
    ],
    [
      'at completion',
      async (_key: string, body: Readable) => {
        await takes(body, Infinity);
        throw failure;
      },
    ],
  ])('goes on without a store that fails %s', async (_, putStream) => {
    const { body, whole } = source(20);

    const placement = await putEverywhere(replaced(1, putStream), KEY, body);

    expect(placement).toEqual({
      stored: ['main', 'far'],
      notStored: [{ store: 'near', why: failure.message }],
    });
    for (const at of [0, 2]) expect((await contents(stores[at] as ObjectStore))?.equals(whole)).toBe(true);
  });

  it.each([
    ['before it takes anything', 0],
    ['midway', 10 * MiB],
    ['at completion', Infinity],
  ])(
    'leaves out a store that stalls %s and hears of nothing',
    async (_, bytes) => {
      const { body, whole } = source(20);
      const stalling = replaced(1, async (_key, stream) => {
        if (bytes > 0) await takes(stream, bytes);
        await new Promise(() => undefined);
      });

      const placement = await putEverywhere(stalling, KEY, body, { stallMs: 1_000 });

      expect(placement.stored).toEqual(['main', 'far']);
      expect(placement.notStored[0]?.why).toContain('store near: held the others back');
      expect((await contents(stores[2] as ObjectStore))?.equals(whole)).toBe(true);
    },
    20_000,
  );

  it('does not hurry a slow store that nobody waits for, when the others have failed', async () => {
    const { body, whole } = source(6);
    let taken = 0;
    const broken = () => Promise.reject(failure);
    const slow: ObjectStore['putStream'] = async (_key, stream) => {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        await sleep(300);
        taken += chunk.length;
      }
    };
    const behaviours = [broken, broken, slow];
    const all = stores.map((store, at) => changed(store, { putStream: behaviours[at] ?? slow }));

    const { stored } = await putEverywhere(all, KEY, body, { stallMs: 100 });

    expect(stored).toEqual(['far']);
    expect(taken).toBe(whole.length);
  });

  it('fails with what each has said when all have failed, and stops a source that is slow', async () => {
    const refused = new SafepointError('StoreFailed', 'store main: refused');
    const one = replaced(0, () => Promise.reject(refused)).slice(0, 1);
    const two = [...one, ...replaced(1, () => Promise.reject(failure)).slice(1, 2)];

    await expect(putEverywhere(one, KEY, silent())).rejects.toBe(refused);
    await expect(putEverywhere(two, KEY, silent())).rejects.toMatchObject({
      code: 'StoreFailed',
      message: `no store has taken ${KEY}: store main: refused; store near: could not write: it broke`,
    });
  });

  it('leaves nothing anywhere when the source fails at its end', async () => {
    const broken = new SafepointError('DumpFailed', 'cut off');
    async function* generate() {
      await sleep(0);
      yield Buffer.alloc(20 * MiB);
      throw broken;
    }

    await expect(putEverywhere(stores, KEY, Readable.from(generate()))).rejects.toBe(broken);

    for (const store of stores) expect(await store.head(KEY)).toBeNull();
    const left = await Promise.all(stores.map((store) => readdir(store.locate('set')).catch(() => [])));
    expect(left.flat()).toEqual([]);
  });

  it.each([
    ['in the middle', () => source(20).body],
    ['before the first block', silent],
  ])('ends with the reason of the signal %s, also beside a store that hears of nothing', async (_, body) => {
    await expectStopped(replaced(1, deaf), body());
  });

  it('ends with the reason of the signal before a store has asked for a block', async () => {
    const idle: ObjectStore['putStream'] = (_key, _body, options) =>
      new Promise((_resolve, reject) => {
        options?.signal?.addEventListener('abort', () => {
          reject(options.signal?.reason as Error);
        });
      });
    const [near] = replaced(1, deaf).slice(1);

    await expectStopped([...replaced(0, idle).slice(0, 1), near as ObjectStore], source(20).body);
  });
});

const deaf: ObjectStore['putStream'] = () => new Promise(() => undefined);

async function expectStopped(into: ObjectStore[], body: Readable): Promise<void> {
  const stopping = new AbortController();
  const reason = new Error('cancelled');
  const put = putEverywhere(into, KEY, body, { stallMs: 100, signal: stopping.signal });
  setTimeout(() => {
    stopping.abort(reason);
  }, 50);

  await expect(Promise.race([put, sleep(5_000, 'it hangs', { ref: false })])).rejects.toBe(reason);
}
