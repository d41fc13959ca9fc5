import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createObjectStore } from '../../src/storage/objectStore.ts';
import { collect } from './collect.ts';
import { describeObjectStore } from './conformance.ts';
import { startS3, type S3Server } from './s3Fixture.ts';
import { startStoreProxy, type StoreProxy } from './storeProxy.ts';

const MiB = 1024 ** 2;

describeObjectStore('storage/s3', async () => {
  const server = await startS3();
  return {
    store: createObjectStore('s3', server.config),
    unfinished: server.unfinished,
    close: server.close,
  };
});

describe('storage/s3: what only S3 can do', () => {
  let server: S3Server;
  let proxy: StoreProxy;

  beforeAll(async () => {
    server = await startS3();
    proxy = await startStoreProxy(server.endpoint);
  }, 60_000);

  afterAll(async () => {
    await proxy.stop();
    await server.close();
  });

  function throughProxy(interfere: StoreProxy['interfere']) {
    proxy.interfere = interfere;
    return createObjectStore('s3', { ...server.config, endpoint: proxy.endpoint });
  }

  it('keeps its objects below the prefix', async () => {
    const inner = createObjectStore('s3', { ...server.config, prefix: '/outer/inner/' });
    const outer = createObjectStore('s3', { ...server.config, prefix: 'outer' });

    await inner.putObject('set/a', 'x');

    expect(inner.locate('set/a')).toBe('s3://safepoint/outer/inner/set/a');
    expect((await collect(outer.list(''))).map(({ key }) => key)).toEqual(['inner/set/a']);
    expect((await collect(inner.list(''))).map(({ key }) => key)).toEqual(['set/a']);
  });

  it('gives back the parts when one of them cannot be sent', async () => {
    const store = throughProxy((line) => (line.includes('partNumber=2') ? 'cut' : 'pass'));
    const source = Readable.from([randomBytes(30 * MiB)]);

    const put = store.putStream('cut/part', source);

    await expect(put).rejects.toMatchObject({ code: 'StoreFailed' });
    await expect(put).rejects.toThrow('store s3: could not write s3://safepoint/safepoint/cut/part');
    expect(source.destroyed).toBe(true);
    expect(await store.head('cut/part')).toBeNull();
    expect(await server.unfinished()).toEqual([]);
  });

  it('fails at once when a part fails while the source gives nothing more', async () => {
    const store = throughProxy((line) => (line.includes('partNumber=') ? 'cut' : 'pass'));
    const source = new Readable({ read: () => undefined });
    source.push(randomBytes(9 * MiB));

    const put = store.putStream('cut/stalled', source);

    await expect(put).rejects.toMatchObject({ code: 'StoreFailed' });
    expect(await server.unfinished()).toEqual([]);
  });

  it('gives back on the next attempt what an attempt without a connection had to leave', async () => {
    const bytes = randomBytes(20 * MiB);
    let cut = false;
    const store = throughProxy((line) => {
      cut = cut || line.includes('partNumber=2');
      return cut ? 'cut' : 'pass';
    });
    await expect(store.putStream('cut/all', Readable.from([bytes]))).rejects.toThrow('could not write');
    const leftBehind = await server.unfinished();
    proxy.interfere = () => 'pass';

    await store.putStream('cut/all', Readable.from([bytes]));

    expect(leftBehind).toEqual(['safepoint/cut/all']);
    expect(await server.unfinished()).toEqual([]);
    expect((await buffer(await store.getStream('cut/all'))).equals(bytes)).toBe(true);
  });

  it('gives back with a key what a killed writer left under it', async () => {
    let cut = false;
    const store = throughProxy((line) => {
      cut = cut || line.includes('partNumber=2');
      return cut ? 'cut' : 'pass';
    });
    const put = store.putStream('cut/removed', Readable.from([randomBytes(20 * MiB)]));
    await expect(put).rejects.toThrow('could not write');
    proxy.interfere = () => 'pass';

    await store.remove('cut/removed');

    expect(await server.unfinished()).toEqual([]);
  });

  it('has written the object when only the last answer of the upload was lost', async () => {
    const isCompletion = (line: string) => line.startsWith('POST') && line.includes('uploadId=');
    const store = throughProxy((line) => (isCompletion(line) ? 'lose-answer' : 'pass'));
    const bytes = randomBytes(9 * MiB);

    await store.putStream('lost/stream', Readable.from([bytes]));

    expect(proxy.requests.some(isCompletion)).toBe(true);
    expect((await buffer(await store.getStream('lost/stream'))).equals(bytes)).toBe(true);
  });

  it('knows its own create-only object when the answer was lost', async () => {
    let lost = 0;
    const store = throughProxy((line) => {
      const loses = line.includes('lost/own') && line.startsWith('PUT') && lost === 0;
      if (loses) lost += 1;
      return loses ? 'lose-answer' : 'pass';
    });

    await store.putObject('lost/own', 'mine', { createOnly: true });

    expect(lost).toBe(1);
    expect(await store.getObject('lost/own')).toBe('mine');
  });

  it('fails when a reading is cut off in the middle', async () => {
    const store = createObjectStore('s3', server.config);
    await store.putStream('cut/reading', Readable.from([randomBytes(40 * MiB)]));
    const proxied = throughProxy(() => 'pass');
    const stream = await proxied.getStream('cut/reading');

    const reading = (async () => {
      for await (const chunk of stream) if (chunk !== undefined) proxy.cutConnections();
    })();

    await expect(reading).rejects.toMatchObject({ code: 'StoreFailed' });
  });

  it('names what is wrong, and never the secret', async () => {
    process.env.TEST_S3_WRONG = 'not-the-secret-of-this-server';
    const wrong = createObjectStore('s3', { ...server.config, secretAccessKey: { env: 'TEST_S3_WRONG' } });
    const elsewhere = createObjectStore('s3', { ...server.config, bucket: 'no-such-bucket' });
    const nobody = createObjectStore('s3', { ...server.config, endpoint: 'http://127.0.0.1:1' });
    const unset = createObjectStore('s3', { ...server.config, secretAccessKey: { env: 'TEST_S3_UNSET' } });

    const denied = await failureOf(wrong.putObject('a', 'x'));
    const missing = await failureOf(collect(elsewhere.list('')));
    const unreachable = await failureOf(nobody.putObject('a', 'x'));
    const withoutSecret = await failureOf(unset.putObject('a', 'x'));

    expect(denied).toMatchObject({ code: 'AccessDenied' });
    expect(denied.message).toContain('s3://safepoint/safepoint/a');
    expect(missing).toMatchObject({ code: 'StoreFailed' });
    expect(missing.message).toMatch(/NoSuchBucket.*404/);
    expect(unreachable).toMatchObject({ code: 'StoreFailed' });
    expect(unreachable.message).toContain('ECONNREFUSED');
    expect(withoutSecret).toMatchObject({ code: 'SecretMissing' });
    expect(JSON.stringify([denied, denied.message, denied.cause, denied.stack])).not.toContain(
      'not-the-secret',
    );
  });

  it('refuses half of a key pair', () => {
    const config = { ...server.config, secretAccessKey: undefined };

    expect(() => createObjectStore('s3', config)).toThrow(/stores\.s3: give both/);
  });

  it('works as against AWS: credential chain and checksums', async () => {
    const config = {
      ...server.config,
      endpoint: undefined,
      accessKeyId: undefined,
      secretAccessKey: undefined,
    };
    const names = ['AWS_ENDPOINT_URL_S3', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const;
    process.env.AWS_ENDPOINT_URL_S3 = server.endpoint;
    process.env.AWS_ACCESS_KEY_ID = server.accessKeyId;
    process.env.AWS_SECRET_ACCESS_KEY = server.secretAccessKey;
    const bytes = randomBytes(17 * MiB);

    const store = createObjectStore('aws', config);
    await store.putStream('aws/stream', Readable.from([bytes]));
    await store.putObject('aws/small', 'x', { createOnly: true });

    expect((await buffer(await store.getStream('aws/stream'))).equals(bytes)).toBe(true);
    for (const name of names) Reflect.deleteProperty(process.env, name);
  });
});

describe('storage/s3: requests', () => {
  /** A store that takes everything and remembers the headers; it knows no conditions. */
  async function startCarelessStore() {
    const seen: { line: string; headers: Record<string, unknown> }[] = [];
    const careless = createServer((incoming, answer) => {
      seen.push({ line: `${incoming.method ?? ''} ${incoming.url ?? ''}`, headers: incoming.headers });
      incoming.resume();
      incoming.once('end', () => {
        answer.statusCode = incoming.method === 'HEAD' ? 404 : incoming.method === 'DELETE' ? 204 : 200;
        answer.end();
      });
    });
    await new Promise<void>((resolve) => careless.listen(0, '127.0.0.1', resolve));
    process.env.TEST_S3_KEY_ID = 'id';
    process.env.TEST_S3_SECRET = 'secret';
    const config = {
      type: 's3',
      bucket: 'b',
      prefix: '',
      region: 'us-east-1',
      endpoint: `http://127.0.0.1:${(careless.address() as AddressInfo).port}`,
      forcePathStyle: true,
      accessKeyId: { env: 'TEST_S3_KEY_ID' },
      secretAccessKey: { env: 'TEST_S3_SECRET' },
    } as const;
    const close = async () => {
      careless.closeAllConnections();
      await new Promise((resolve) => careless.close(resolve));
    };
    return { seen, config, close };
  }

  it('notices a store that ignores the create-only condition, and takes its object back', async () => {
    const { seen, config, close } = await startCarelessStore();
    const store = createObjectStore('careless', config);

    const put = store.putObject('a', 'x', { createOnly: true });

    await expect(put).rejects.toMatchObject({ code: 'StoreFailed' });
    await expect(put).rejects.toThrow('ignores `If-None-Match: *`');
    expect(seen.map(({ line }) => line.split('?')[0])).toEqual([
      'HEAD /b/a',
      'PUT /b/a',
      'PUT /b/a',
      'DELETE /b/a',
    ]);
    await close();
  });

  it('asks for the encryption of the config', async () => {
    const { seen, config, close } = await startCarelessStore();
    const store = createObjectStore('s3', {
      ...config,
      serverSideEncryption: 'aws:kms',
      kmsKeyId: 'key-7',
    });

    await store.putObject('a', 'x');
    await store.putStream('b', Readable.from([Buffer.from('x')]));

    const puts = seen.filter(({ line }) => line.startsWith('PUT'));
    expect(puts).toHaveLength(2);
    for (const { headers } of puts) {
      expect(headers).toMatchObject({
        'x-amz-server-side-encryption': 'aws:kms',
        'x-amz-server-side-encryption-aws-kms-key-id': 'key-7',
      });
    }
    await close();
  });
});

async function failureOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => new Error('it did not fail'),
    (error: unknown) => error as Error,
  );
}
