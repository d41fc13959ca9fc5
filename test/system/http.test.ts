import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { createHttpClient, type HttpClient } from '../../src/system/http.ts';
import { readJson } from '../../src/system/http/answer.ts';
import { startScriptedServer, type ScriptedServer } from '../camunda/support/scriptedServer.ts';

let server: ScriptedServer;
let client: HttpClient;
beforeEach(async () => {
  server = await startScriptedServer();
  client = createHttpClient('operate', { url: `${server.url}/base` });
});
afterEach(async () => {
  await client.close();
  await server.close();
});

describe('system/http: exchange', () => {
  it('gives back whatever came', async () => {
    server.on('GET /base/x', {
      status: 503,
      text: 'busy',
      type: 'text/plain',
      headers: { date: 'Sun, 22 Nov 2026 11:00:00 GMT' },
    });

    const answer = await client.exchange({ method: 'GET', path: '/x' });

    expect(answer).toMatchObject({
      request: `operate: GET ${server.url}/base/x`,
      status: 503,
      text: 'busy',
      contentType: 'text/plain',
      date: 'Sun, 22 Nov 2026 11:00:00 GMT',
    });
  });

  it('gives up after the timeout and says so', async () => {
    server.on('GET /base/x', { hangs: true });

    const call = client.exchange({ method: 'GET', path: '/x', timeoutMs: 50 });

    await expect(call).rejects.toMatchObject({
      code: 'EndpointUnreachable',
      message: expect.stringContaining('no answer within 0.05 s'),
    });
  });

  it('throws the reason of the caller as it is', async () => {
    server.on('GET /base/x', { hangs: true });
    const reason = new Error('cancelled by Temporal');
    const controller = new AbortController();

    const call = client.exchange({ method: 'GET', path: '/x', signal: controller.signal });
    controller.abort(reason);

    await expect(call).rejects.toBe(reason);
    await expect(client.exchange({ method: 'GET', path: '/x', signal: controller.signal })).rejects.toBe(
      reason,
    );
  });

  it('names a port where nobody listens', async () => {
    const nobody = await startScriptedServer();
    await nobody.close();
    const lonely = createHttpClient('tasklist', { url: nobody.url });

    const call = lonely.exchange({ method: 'GET', path: '/actuator' });

    await expect(call).rejects.toMatchObject({
      code: 'EndpointUnreachable',
      message: expect.stringMatching(
        /^tasklist: GET http:\S+\/actuator failed, connect ECONNREFUSED 127\.0\.0\.1:\d+; check that/,
      ),
    });
    await lonely.close();
  });

  it('reads no more than the limit', async () => {
    server.on('GET /base/x', { text: 'x'.repeat(1001) });

    const call = client.exchange({ method: 'GET', path: '/x', bodyLimitBytes: 1000 });

    await expect(call).rejects.toMatchObject({
      code: 'UnexpectedAnswer',
      message: expect.stringContaining('more than 1000 bytes'),
    });
  });
});

describe('system/http: ask', () => {
  it.each([
    [401, 'AccessDenied'],
    [403, 'AccessDenied'],
    [502, 'EndpointUnreachable'],
    [503, 'EndpointUnreachable'],
    [504, 'EndpointUnreachable'],
  ])('fails for %i, quoting a short excerpt', async (status, code) => {
    server.on('GET /base/x', { status, text: `  why\n\n not ${'y'.repeat(500)}`, type: 'text/html' });

    const call = client.ask({ method: 'GET', path: '/x' });

    await expect(call).rejects.toMatchObject({
      code,
      message: expect.stringMatching(/"why not y{292}…"; \S/),
    });
  });

  it('follows no redirect', async () => {
    server.on('GET /base/x', { status: 302, headers: { location: `${server.url}/login` } });

    const call = client.ask({ method: 'GET', path: '/x' });

    await expect(call).rejects.toMatchObject({ code: 'UnexpectedAnswer' });
    expect(server.linesOf('GET')).toEqual(['GET /base/x']);
  });
});

describe('system/http: credentials', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'safepoint-http-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('reads a secret anew for each request', async () => {
    const file = join(folder, 'token');
    const secured = createHttpClient('zeebe', { url: server.url, auth: { type: 'bearer', token: { file } } });
    server.on('GET /x', {});

    await writeFile(file, 'first\n');
    await secured.ask({ method: 'GET', path: '/x' });
    await writeFile(file, 'second\n');
    await secured.ask({ method: 'GET', path: '/x' });
    await secured.close();

    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer first',
      'Bearer second',
    ]);
  });

  it('shows a user and password to its own origin only', async () => {
    const password = { file: join(folder, 'password') };
    await writeFile(password.file, 's3cret');
    const auth = { type: 'basic', username: 'ops', password } as const;
    const secured = createHttpClient('operate', { url: server.url, auth });
    const other = await startScriptedServer();
    other.on('GET /login', {});
    server.on('GET /x', {});

    await secured.ask({ method: 'GET', path: '/x' });
    await secured.ask({ method: 'GET', path: `${other.url}/login` });
    await Promise.all([secured.close(), other.close()]);

    const expected = `Basic ${Buffer.from('ops:s3cret').toString('base64')}`;
    expect(server.requests[0]?.headers.authorization).toBe(expected);
    expect(other.requests[0]?.headers.authorization).toBeUndefined();
  });

  it('names a secret that is missing, not its value', async () => {
    const token = { file: join(folder, 'nothing') };
    const secured = createHttpClient('zeebe', { url: server.url, auth: { type: 'bearer', token } });

    const call = secured.ask({ method: 'GET', path: '/x' });

    await expect(call).rejects.toMatchObject({
      code: 'SecretMissing',
      message: expect.stringContaining(token.file),
    });
    await secured.close();
  });

  it('names a certificate file that is missing', async () => {
    const tls = { ca: join(folder, 'ca.pem') };
    const secured = createHttpClient('zeebe', { url: server.url.replace('http:', 'https:'), tls });

    const call = secured.ask({ method: 'GET', path: '/x' });

    await expect(call).rejects.toMatchObject({
      code: 'InvalidConfig',
      message: expect.stringContaining(tls.ca),
    });
    await secured.close();
  });
});

describe('system/http: readJson', () => {
  const Shape = z.object({ id: z.union([z.number(), z.string()]) });

  it('keeps whole numbers that a double cannot hold', async () => {
    server.on('GET /base/x', { text: '{"id": 9007199254740993, "other": 1.5}', type: 'application/json' });

    const answer = await client.ask({ method: 'GET', path: '/x' });

    expect(readJson(answer, Shape)).toEqual({ id: '9007199254740993' });
  });

  it('reads JSON whose type a proxy dropped', async () => {
    server.on('GET /base/x', { text: ' {"id": 1}', type: '' });

    const answer = await client.ask({ method: 'GET', path: '/x' });

    expect(readJson(answer, Shape)).toEqual({ id: 1 });
  });

  it.each([
    ['a page', { text: '<html>Hi</html>', type: 'text/html' }, 'text/html instead of JSON "<html>Hi</html>"'],
    ['half a body', { text: '{"id":', type: 'application/json' }, 'a body that is no JSON "{"id":"'],
    ['nothing', { text: '', type: 'application/json' }, 'an empty body'],
    ['another shape', { json: { id: true } }, 'JSON of an unknown shape (id: '],
  ])('fails for %s and quotes it', async (_, reply, text) => {
    server.on('GET /base/x', reply);

    const answer = await client.ask({ method: 'GET', path: '/x' });

    expect(() => readJson(answer, Shape)).toThrow(
      expect.objectContaining({ code: 'UnexpectedAnswer', message: expect.stringContaining(text) }),
    );
  });
});
