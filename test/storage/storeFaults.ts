import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { putEverywhere } from '../../src/storage/fanOut.ts';
import type { ObjectStore } from '../../src/storage/port.ts';
import { startStoreProxy, type StandIn, type StoreProxy } from './storeProxy.ts';

const MiB = 1024 ** 2;

/** A store behind a bad network, and what to know of its requests. */
export type FaultyFixture = {
  endpoint: string;
  /** The store as it is reached at this endpoint. */
  open: (endpoint: string) => ObjectStore;
  /** The same with credentials that the server does not know; `secret` must be in no error. */
  openDenied: (endpoint: string) => { store: ObjectStore; secret: string };
  unfinished: () => Promise<string[]>;
  listsUnfinished: boolean;
  /** The request that carries a part of an upload, and the one that makes it an object. */
  isPart: (line: string) => boolean;
  isCompletion: (line: string) => boolean;
  /** How many of its answers may be lost. */
  lostCompletions: number;
  isCreation: (line: string) => boolean;
  /** What the server of the test cannot do itself. */
  standIn?: StandIn;
  close: () => Promise<void>;
};

/** What every adapter over a network must do when the network or the server fails. */
export function describeStoreFaults(title: string, start: () => Promise<FaultyFixture>): void {
  describe(`${title}: with faults in front`, () => {
    let fixture: FaultyFixture;
    let proxy: StoreProxy;
    /** Past the faults. */
    let direct: ObjectStore;
    let store: ObjectStore;

    beforeAll(async () => {
      fixture = await start();
      proxy = await startStoreProxy(fixture.endpoint);
      proxy.standIn = fixture.standIn;
      direct = fixture.open(fixture.endpoint);
    }, 60_000);

    beforeEach(() => {
      proxy.interfere = () => 'pass';
      proxy.requests.length = 0;
      // A client of its own: that of S3 has a budget for tries over its whole life, which failures before would have used up.
      store = fixture.open(proxy.endpoint);
    });

    afterAll(async () => {
      await proxy.stop();
      await fixture.close();
    });

    it('a connection that breaks during an upload and stays broken: an error, and nothing under the name', async () => {
      let broken = false;
      proxy.interfere = (line) => {
        broken = broken || fixture.isPart(line);
        return broken ? 'cut' : 'pass';
      };
      const source = Readable.from([randomBytes(33 * MiB)]);

      const put = store.putStream('cut/upload', source);

      await expect(put).rejects.toMatchObject({ code: 'StoreFailed' });
      await expect(put).rejects.toThrow(
        `store ${store.name}: could not write ${store.locate('cut/upload')}: `,
      );
      expect(source.destroyed).toBe(true);
      expect(await direct.head('cut/upload')).toBeNull();
    });

    it('the next attempt for the same key succeeds, and leaves nothing of the one before', async () => {
      const bytes = randomBytes(33 * MiB);

      await store.putStream('cut/upload', Readable.from([bytes]));

      expect((await buffer(await direct.getStream('cut/upload'))).equals(bytes)).toBe(true);
      expect(await fixture.unfinished()).toEqual([]);
    });

    it('what an attempt had to leave is swept by prefix and age', async () => {
      await leaveUnfinished('sweep/one/dump');
      await leaveUnfinished('sweep/other/dump');
      await direct.putObject('sweep/one/label', '');
      const left = await fixture.unfinished();
      const now = Date.now();

      const young = await direct.removeUnfinished('sweep/one/', new Date(now - 60_000).toISOString());
      const swept = await direct.removeUnfinished('sweep/one/', new Date(now + 60_000).toISOString());

      const leaves = (keys: string[]) => (fixture.listsUnfinished ? keys : []);
      expect(left.toSorted()).toEqual(leaves(['safepoint/sweep/one/dump', 'safepoint/sweep/other/dump']));
      expect(young).toEqual([]);
      expect(swept).toEqual(leaves(['sweep/one/dump']));
      expect(await fixture.unfinished()).toEqual(leaves(['safepoint/sweep/other/dump']));
      expect(await direct.head('sweep/one/dump')).toBeNull();
      expect(await direct.head('sweep/one/label')).not.toBeNull();
      await direct.removeUnfinished('', new Date(now + 60_000).toISOString());
    }, 60_000);

    /** Again where the first part was called off before the server had it: then nothing was left. */
    async function leaveUnfinished(key: string): Promise<void> {
      for (let tries = 1; tries <= 5; tries += 1) {
        let parts = 0;
        proxy.interfere = (line) => {
          if (fixture.isPart(line)) parts += 1;
          return parts > 1 ? 'cut' : 'pass';
        };
        const put = store.putStream(key, Readable.from([randomBytes(33 * MiB)]));
        await expect(put).rejects.toMatchObject({ code: 'StoreFailed' });
        const left = await fixture.unfinished();
        if (!fixture.listsUnfinished || left.some((each) => each.endsWith(key))) return;
      }
    }

    it('a part that breaks once is sent again', async () => {
      let cuts = 0;
      proxy.interfere = (line) => (fixture.isPart(line) && cuts++ === 0 ? 'cut' : 'pass');
      const bytes = randomBytes(60 * MiB);

      await putEverywhere([store], 'cut/once', Readable.from([Buffer.from(bytes)]));

      expect(cuts).toBeGreaterThan(1);
      expect((await buffer(await direct.getStream('cut/once'))).equals(bytes)).toBe(true);
    });

    it('an upload whose completion is lost on its way back is there', async () => {
      let lost = 0;
      proxy.interfere = (line) =>
        fixture.isCompletion(line) && lost++ < fixture.lostCompletions ? 'lose-answer' : 'pass';
      const bytes = randomBytes(20 * MiB);

      await store.putStream('lost/completion', Readable.from([bytes]));

      expect(lost).toBeGreaterThan(0);
      expect((await buffer(await direct.getStream('lost/completion'))).equals(bytes)).toBe(true);
    });

    it('a writer knows its own create-only object when the answer was lost, and that of another', async () => {
      let lost = 0;
      proxy.interfere = (line) => (fixture.isCreation(line) && lost++ === 0 ? 'lose-answer' : 'pass');

      await store.putObject('lost/own', 'mine', { createOnly: true });
      const again = store.putObject('lost/own', 'mine', { createOnly: true });

      await expect(again).rejects.toMatchObject({ code: 'ObjectExists' });
      expect(lost).toBeGreaterThan(1);
    });

    it('two answers of 503 are no failure; a storm of them is one that says so, with nothing under the name', async () => {
      let left = 2;
      proxy.interfere = () => (left-- > 0 ? 'busy' : 'pass');
      await store.putObject('busy/short', 'x', { lock: true });
      proxy.interfere = () => 'busy';

      const put = store.putObject('busy/long', 'x', { createOnly: true });
      const stream = store.putStream('busy/stream', Readable.from([randomBytes(20 * MiB)]));
      const listing = (async () => {
        for await (const item of store.list('')) if (item.key !== '') break;
      })();

      for (const failing of [put, stream, listing]) {
        await expect(failing).rejects.toMatchObject({ code: 'StoreFailed' });
        await expect(failing).rejects.toThrow('HTTP 503');
      }
      expect(await direct.getObject('busy/short')).toBe('x');
      expect(await direct.head('busy/long')).toBeNull();
      expect(await direct.head('busy/stream')).toBeNull();
    });

    it('a slow server is waited for, until an abort', async () => {
      proxy.interfere = () => 150;
      await store.putObject('slow/a', 'x');
      proxy.interfere = () => 700;
      const reason = new Error('enough');

      const put = store.putStream('slow/b', Readable.from([randomBytes(20 * MiB)]), {
        signal: abortedAfter(200, reason),
      });

      await expect(put).rejects.toBe(reason);
      expect(await direct.getObject('slow/a')).toBe('x');
      expect(await direct.head('slow/b')).toBeNull();
    });

    it('a reading that breaks off in the middle fails', async () => {
      await direct.putStream('cut/reading', Readable.from([randomBytes(33 * MiB)]));
      const stream = await store.getStream('cut/reading');

      const reading = (async () => {
        for await (const chunk of stream) if (chunk !== undefined) proxy.cutConnections();
      })();

      await expect(reading).rejects.toMatchObject({ code: 'StoreFailed' });
      await expect(reading).rejects.toThrow(store.locate('cut/reading'));
    });

    it('nobody who listens is an error that says so', async () => {
      const nobody = fixture.open('http://127.0.0.1:1/safepoint');

      const put = nobody.putObject('a', 'x');

      await expect(put).rejects.toMatchObject({ code: 'StoreFailed' });
      await expect(put).rejects.toThrow('ECONNREFUSED');
    });

    it('wrong credentials are refused by name, and quoted nowhere', async () => {
      const { store: denied, secret } = fixture.openDenied(fixture.endpoint);

      const failure = await denied.putObject('denied/a', 'x').then(
        () => new Error('it did not fail'),
        (error: unknown) => error as Error,
      );

      expect(failure).toMatchObject({ code: 'AccessDenied' });
      expect(failure.message).toContain(denied.locate('denied/a'));
      expect(JSON.stringify([failure, failure.message, failure.cause, failure.stack])).not.toContain(secret);
    });
  });
}

function abortedAfter(milliseconds: number, reason: Error): AbortSignal {
  const stopping = new AbortController();
  setTimeout(() => {
    stopping.abort(reason);
  }, milliseconds);
  return stopping.signal;
}
