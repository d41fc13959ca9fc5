import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp, get, request, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { connect, createServer as createTcp, type AddressInfo, type Server as TcpServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { StoreConfig } from '../../src/config/schema.ts';
import { createAgents } from '../../src/storage/httpAgents.ts';
import { createObjectStore } from '../../src/storage/objectStore.ts';
import { makeCertificate } from '../support/certificates.ts';

describe('storage: authority and proxy of a store', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'safepoint-agents-'));
  const servers: (Server | TcpServer)[] = [];
  let caFile = '';
  let endpoint = '';
  let proxy = '';
  /** What the proxy was asked for. */
  let tunnels: string[] = [];

  beforeAll(async () => {
    const { certificate, key } = await makeCertificate(folder, 'store');
    caFile = certificate;
    const tls = { cert: readFileSync(certificate), key: readFileSync(key) };
    // It has no object, and takes any token.
    const store = createHttps(tls, (incoming, answer) => {
      incoming.resume();
      if (incoming.url === '/token') {
        answer.setHeader('content-type', 'application/json');
        answer.end(JSON.stringify({ access_token: 'token', token_type: 'Bearer', expires_in: 3600 }));
      } else answer.writeHead(404).end();
    });
    const proxyServer = createHttp((_, answer) => answer.writeHead(400).end());
    proxyServer.on('connect', (incoming, client) => {
      tunnels.push(incoming.url ?? '');
      const target = connect(Number(incoming.url?.split(':')[1]), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        client.pipe(target).pipe(client);
      });
      client.on('error', () => target.destroy());
      target.on('error', () => client.destroy());
    });
    endpoint = `https://127.0.0.1:${await listen(store)}`;
    proxy = `http://127.0.0.1:${await listen(proxyServer)}`;
    process.env.TEST_AGENTS = Buffer.from('secret').toString('base64');
    process.env.TEST_AGENTS_GCS = JSON.stringify({
      type: 'external_account',
      audience: 'a',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${endpoint}/token`,
      credential_source: { file: fileURLToPath(import.meta.url) },
    });
  });

  beforeEach(() => {
    tunnels = [];
  });

  afterEach(() => {
    for (const name of ['HTTPS_PROXY', 'NO_PROXY']) Reflect.deleteProperty(process.env, name);
  });

  afterAll(() => {
    for (const server of servers) {
      if ('closeAllConnections' in server) server.closeAllConnections();
      server.close();
    }
    rmSync(folder, { recursive: true });
  });

  async function listen(server: Server | TcpServer): Promise<number> {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  const types = ['s3', 'azure', 'gcs'] as const;

  function open(type: (typeof types)[number], transport: { caFile?: string; proxy?: string }) {
    const secret = { env: 'TEST_AGENTS' };
    const common = { prefix: '', endpoint, ...transport };
    const configs: Record<string, StoreConfig> = {
      s3: {
        type: 's3',
        bucket: 'b',
        region: 'r',
        forcePathStyle: true,
        accessKeyId: secret,
        secretAccessKey: secret,
        ...common,
      },
      azure: { type: 'azure', account: 'a', container: 'c', accountKey: secret, ...common },
      gcs: { type: 'gcs', bucket: 'b', keyFile: { env: 'TEST_AGENTS_GCS' }, ...common },
    };
    return createObjectStore(type, configs[type] as StoreConfig);
  }

  it.each(types)('%s trusts the authority of the config, and nobody else', async (type) => {
    await expect(open(type, { caFile }).head('a')).resolves.toBeNull();
    const stranger = open(type, {}).head('a');
    await expect(stranger).rejects.toMatchObject({ code: 'StoreFailed' });
    await expect(stranger).rejects.toThrow(/self.signed/i);
  });

  it.each(types)('%s goes through the proxy of the config', async (type) => {
    await expect(open(type, { caFile, proxy }).head('a')).resolves.toBeNull();

    expect(new Set(tunnels)).toEqual(new Set([new URL(endpoint).host]));
  });

  it.each(types)('%s goes through the proxy of the environment, but not where that says no', async (type) => {
    process.env.HTTPS_PROXY = proxy;
    await open(type, { caFile }).head('a');
    const through = tunnels.length;
    process.env.NO_PROXY = '127.0.0.1';

    await open(type, { caFile }).head('a');

    expect(through).toBeGreaterThan(0);
    expect(tunnels).toHaveLength(through);
  });

  it('refuses an authority that cannot be read or is none', () => {
    const empty = path.join(folder, 'empty.pem');
    writeFileSync(empty, 'nothing');

    expect(() => createAgents('s3', { caFile: path.join(folder, 'missing.pem') })).toThrow(
      'stores.s3.caFile:',
    );
    expect(() => createAgents('s3', { caFile: empty })).toThrow('has no certificate in PEM');
  });

  it('ends a connection on which nothing comes', async () => {
    const port = await listen(createHttp(() => undefined));
    const { httpAgent: agent } = createAgents('s3', {}, 100);

    const answer = new Promise((resolve, reject) => {
      get({ host: '127.0.0.1', port, agent }, resolve).on('error', reject);
    });

    await expect(answer).rejects.toThrow('no byte came or went');
  });

  it('ends a request that was answered before all of it was sent', async () => {
    const server = createTcp((socket) => {
      socket.on('error', () => undefined).unref();
      socket.once('data', () => {
        socket.pause();
        socket.write('HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n');
      });
    });
    const port = await listen(server);
    const { httpAgent: agent } = createAgents('s3', {}, 60_000);

    const sending = request({ host: '127.0.0.1', port, agent, method: 'PUT' }, (answer) => answer.resume());
    sending.end(Buffer.alloc(64 * 1024 ** 2));

    try {
      await once(sending, 'close', { signal: AbortSignal.timeout(10_000) }); // it would wait for the server to read on
      expect(sending.writableFinished).toBe(false);
    } finally {
      sending.destroy();
    }
  });
});
