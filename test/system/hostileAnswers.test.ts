import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createObjectStore } from '../../src/storage/objectStore.ts';
import { createHttpClient, type HttpClient } from '../../src/system/http.ts';
import { s3At } from './s3At.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let servers: Server[];
let answer: Answer;
/** `Host` and `Authorization` of every request to where a redirect leads. */
let arrived: (string | undefined)[];
let url: string;
let elsewhere: string;
let client: HttpClient;

async function listen(handler: Answer): Promise<string> {
  const server = createServer(handler);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeAll(() => {
  process.env['HOSTILE_SECRET'] = 'a-secret-for-one-host';
});
beforeEach(async () => {
  servers = [];
  arrived = [];
  url = await listen((request, response) => {
    if (request.url === '/elsewhere') arrived.push(request.headers.host, request.headers.authorization);
    answer(request, response);
  });
  elsewhere = await listen(({ headers }, response) => {
    arrived.push(headers.host, headers.authorization);
    response.end('{}');
  });
  const auth = { type: 'bearer', token: { env: 'HOSTILE_SECRET' } } as const;
  client = createHttpClient('operate', { url, auth });
});
afterEach(async () => {
  await client.close();
  for (const server of servers) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const repeat = (write: () => boolean, everyMs: number) => {
  const timer = setInterval(() => {
    if (!write()) clearInterval(timer);
  }, everyMs);
};

describe('system/http: an answer that', () => {
  it.each<[string, string, Answer]>([
    [
      'never ends',
      'UnexpectedAnswer',
      (_, response) => {
        const chunk = 'x'.repeat(65_536);
        const more = () => {
          while (!response.destroyed && response.write(chunk));
        };
        response.on('drain', more);
        more();
      },
    ],
    [
      'comes byte by byte',
      'EndpointUnreachable',
      (_, response) => {
        repeat(() => !response.destroyed && (response.write('x'), true), 20);
      },
    ],
    [
      'says only that it is coming',
      'EndpointUnreachable',
      (_, response) => {
        repeat(() => !response.destroyed && (response.writeProcessing(), true), 20);
      },
    ],
    [
      'has a megabyte of headers',
      'EndpointUnreachable',
      (_, response) => {
        response.writeHead(200, { 'x-long': 'x'.repeat(1024 * 1024) }).end('{}');
      },
    ],
  ])('%s is given up within the timeout, as %s', async (_what, code, given) => {
    answer = given;
    const startedMs = performance.now();

    const call = client.exchange({ method: 'GET', path: '/x', timeoutMs: 3_000 });

    await expect(call).rejects.toMatchObject({ code });
    expect(performance.now() - startedMs).toBeLessThan(6_000);
  });

  it('is compressed a thousandfold is not unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(bomb);
    };

    const { text } = await client.exchange({ method: 'GET', path: '/x' });

    expect(text.length).toBeLessThanOrEqual(bomb.length);
  });
});

describe('system: a redirect', () => {
  const PLACES: [string, (place: { url: string; elsewhere: string }) => string][] = [
    ['on the same host', (at) => `${at.url}/elsewhere`],
    ['to another port', (at) => `${at.elsewhere}/elsewhere`],
    ['to another host', (at) => `${at.elsewhere.replace('127.0.0.1', 'localhost')}/elsewhere`],
    ['without a scheme', (at) => at.elsewhere.replace('http:', '')],
  ];
  const STATUSES = [301, 302, 303, 307, 308];

  it.each(PLACES)('%s is never followed by a client of an endpoint', async (_where, location) => {
    for (const status of STATUSES) {
      answer = (_, response) => response.writeHead(status, { location: location({ url, elsewhere }) }).end();
      await expect(client.ask({ method: 'POST', path: '/x', body: '{}' })).rejects.toMatchObject({
        code: 'UnexpectedAnswer',
      });
    }

    expect(arrived).toEqual([]);
  });

  it('from the address of a probe is never followed, and a probe elsewhere carries no credentials', async () => {
    answer = (_, response) => response.writeHead(302, { location: elsewhere }).end();

    const redirected = await client.exchange({ method: 'GET', path: `${url}/probe` });
    expect(redirected.status).toBe(302);
    expect(arrived).toEqual([]);

    await client.exchange({ method: 'GET', path: elsewhere });
    expect(arrived).toEqual([new URL(elsewhere).host, undefined]);
  });

  it.each(PLACES)('%s is never followed by the client of S3', async (_where, location) => {
    const store = s3At(url, 'HOSTILE_SECRET');
    for (const status of STATUSES) {
      answer = (_, response) => response.writeHead(status, { location: location({ url, elsewhere }) }).end();
      await expect(store.getObject('key')).rejects.toMatchObject({ code: 'StoreFailed' });
    }

    expect(arrived).toEqual([]);
  });
});

describe('storage: an object that is read as text', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'safepoint-huge-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('is given up beyond 64 MiB in S3', async () => {
    answer = (_, response) => {
      const chunk = Buffer.alloc(1024 * 1024);
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    };

    await expect(s3At(url, 'HOSTILE_SECRET').getObject('manifest.json')).rejects.toMatchObject({
      code: 'StoreFailed',
      message: expect.stringContaining('more than 67108864 bytes'),
    });
  });

  it('is given up beyond 64 MiB in a folder', async () => {
    writeFileSync(path.join(folder, 'manifest.json'), '');
    truncateSync(path.join(folder, 'manifest.json'), 2 ** 40);
    const store = createObjectStore('main', { type: 'folder', path: folder });

    await expect(store.getObject('manifest.json')).rejects.toMatchObject({
      code: 'StoreFailed',
      message: expect.stringContaining('more than 67108864 bytes'),
    });
  });
});
