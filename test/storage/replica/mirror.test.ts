import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SafepointError } from '../../../src/contract/errors.ts';
import type { ObjectStore } from '../../../src/storage/port.ts';
import { openLedger } from '../../../src/storage/replica/ledger.ts';
import { mirror, type MirrorOptions, type Progress } from '../../../src/storage/replica/mirror.ts';
import { put } from './layouts.ts';
import { contentOf, openFolders, watched } from './stores.ts';

const LEDGER = 'demo/replica/ledger';
let folders: Awaited<ReturnType<typeof openFolders>>;

beforeEach(async () => {
  folders = await openFolders();
  for (let each = 0; each < 30; each += 1) await put(folders.from, `data/${each}`, randomBytes(2_000 + each));
  await put(folders.from, 'last', 'points at the data');
});
afterEach(() => folders.close());

async function run(more: Partial<MirrorOptions> = {}) {
  const { from, to, leading } = { ...folders, ...more };
  const ledger = await openLedger(leading, LEDGER, { from: from.locate(''), to: to.locate('') });
  return await mirror({
    from,
    to,
    ledger,
    list: (store) => store.list(''),
    rank: (key) => (key === 'last' ? 1 : 0),
    ...more,
  });
}

async function expectSame(): Promise<void> {
  expect(await contentOf(folders.to)).toEqual(await contentOf(folders.from));
}

/** A store in which what was called fails from the `from`-th call on, as one that has gone away. */
function failingAfter(store: ObjectStore, verb: 'putStream' | 'getStream', calls: number): ObjectStore {
  let seen = 0;
  return watched(store, (call) => {
    if (call.verb === verb && (seen += 1) > calls) throw new SafepointError('StoreFailed', 'gone away');
  });
}

describe('storage/replica: a copy', () => {
  it('is the same, counted, with what gives it its meaning written last', async () => {
    const written: string[] = [];
    const seen: Progress[] = [];

    const result = await run({
      to: watched(folders.to, ({ verb, key }) => {
        if (verb === 'putStream') written.push(key);
      }),
      onProgress: (progress) => seen.push({ ...progress }),
    });

    await expectSame();
    expect(result).toMatchObject({ objects: 31, copiedObjects: 31, mendedObjects: 0, removedObjects: 0 });
    expect(result.copiedSizeBytes).toBe(result.sizeBytes);
    expect(result.listSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(written.at(-1)).toBe('last');
    expect(seen.at(-1)).toMatchObject({ objects: 31, ofObjects: 31, sizeBytes: result.sizeBytes });
  });

  it('copies nothing again, and has the same digest', async () => {
    const first = await run();

    const again = await run({ to: failingAfter(folders.to, 'putStream', 0) });

    expect(again).toEqual({ ...first, copiedObjects: 0, copiedSizeBytes: 0 });
  });

  it('goes on where a target that went away had left it', async () => {
    const broken = run({ to: failingAfter(folders.to, 'putStream', 10) });
    await expect(broken).rejects.toMatchObject({ code: 'StoreFailed' });
    expect(await folders.to.head('last')).toBeNull();

    const { copiedObjects } = await run();

    await expectSame();
    expect(copiedObjects).toBe(31 - 10);
  });

  it('goes on after a kill, from what the ledger says; what it does not say is copied again', async () => {
    await run();
    const known = (await folders.leading.getObject(LEDGER)) ?? '';
    const lines = known.split('\n');
    await put(folders.leading, LEDGER, [...lines.slice(0, 11), lines[11]?.slice(0, 20)].join('\n')); // ten objects, and half a line

    const { copiedObjects } = await run();

    await expectSame();
    expect(copiedObjects).toBe(31 - 10);
  });

  it('takes a ledger of other places for none', async () => {
    await run();
    const known = (await folders.leading.getObject(LEDGER)) ?? '';
    await put(folders.leading, LEDGER, known.replace(/"to":"[^"]+"/, '"to":"/elsewhere"'));

    const { copiedObjects } = await run();

    expect(copiedObjects).toBe(31);
  });

  it('finds and mends what was damaged in the target, of the same size too', async () => {
    await run();
    const { sizeBytes = 0 } = (await folders.to.head('data/7')) ?? {};
    await put(folders.to, 'data/7', randomBytes(sizeBytes));
    await put(folders.to, 'data/8', 'cut off');
    await folders.to.remove('data/9');

    const result = await run();

    await expectSame();
    expect(result).toMatchObject({ copiedObjects: 3, mendedObjects: 2 });
  });

  it('does not copy again what was only touched in the target', async () => {
    await run();
    const bytes = (await folders.to.getObject('last')) ?? '';
    await put(folders.to, 'last', bytes);

    expect(await run()).toMatchObject({ copiedObjects: 0, mendedObjects: 0 });
  });

  it('reads everything back when told, and then finds damage that the store does not tell of', async () => {
    await run();
    const honest = folders.to;
    const { sizeBytes = 0 } = (await honest.head('data/3')) ?? {};
    let isRotten = true;
    const rotten = new Proxy(
      watched(honest, ({ verb }) => {
        isRotten &&= verb !== 'putStream';
      }),
      {
        get(target, name) {
          const value: unknown = Reflect.get(target, name, target);
          if (name !== 'getStream') return value;
          return async (key: string) =>
            key === 'data/3' && isRotten
              ? Readable.from([randomBytes(sizeBytes)])
              : await honest.getStream(key);
        },
      },
    );

    const trusting = await run({ to: rotten });
    const reading = await run({ to: rotten, readBack: true });

    expect(trusting).toMatchObject({ mendedObjects: 0 });
    expect(reading).toMatchObject({ mendedObjects: 1, copiedObjects: 1 });
  });

  it('removes what is gone from the source, and nothing that it did not put there', async () => {
    await run();
    await folders.from.remove('data/1');
    await put(folders.to, 'data/of-somebody-else', 'x');

    const result = await run();

    expect(result).toMatchObject({ removedObjects: 1, objects: 30 });
    expect(await folders.to.head('data/1')).toBeNull();
    expect(await folders.to.head('data/of-somebody-else')).not.toBeNull();
  });

  it('copies what was written again in the source', async () => {
    await run();
    await put(folders.from, 'data/2', 'other bytes');

    expect(await run()).toMatchObject({ copiedObjects: 1, mendedObjects: 0 });
    await expectSame();
  });
});

describe('storage/replica: a source that does not stand still', () => {
  /** Does something to the source once, when the copy reads its fifth object. */
  function meanwhile(act: () => Promise<void>): ObjectStore {
    let reads = 0;
    return watched(folders.from, async ({ verb }) => {
      if (verb === 'getStream' && (reads += 1) === 5) await act();
    });
  }

  it.each([
    ['an object is gone', () => folders.from.remove('data/29')],
    ['an object that was copied is gone', () => folders.from.remove('data/0')],
    ['an object is written again', () => put(folders.from, 'data/0', randomBytes(2_000))],
    ['an object grows', () => put(folders.from, 'data/29', randomBytes(9_000))],
    ['an object is new', () => put(folders.from, 'data/new', 'x')],
  ])('%s: SourceChanged, nothing written last; the next one is whole', async (_, act) => {
    const copy = run({ from: meanwhile(act) });
    await expect(copy).rejects.toMatchObject({ code: 'SourceChanged' });
    expect(await folders.to.head('last')).toBeNull();

    await run();

    await expectSame();
  });

  it('refuses an object that is not what it was at the beginning', async () => {
    const copy = run({ expected: new Map([['last', '0'.repeat(64)]]) });

    await expect(copy).rejects.toMatchObject({ code: 'SourceChanged' });
    expect(await folders.to.head('last')).toBeNull();
  });

  it('finds an object of the target that somebody changed while the copy went on', async () => {
    let writes = 0;
    const to = watched(folders.to, async ({ verb, key }) => {
      if (verb !== 'putStream' || key === 'last' || (writes += 1) !== 30) return;
      await put(folders.to, 'data/0', randomBytes(2_000));
    });

    await expect(run({ to })).rejects.toMatchObject({ code: 'ReplicaFailed' });
    expect(await run()).toMatchObject({ mendedObjects: 1 });
    await expectSame();
  });
});
