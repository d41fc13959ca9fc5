import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Endpoint } from '../../src/config/endpoints.ts';
import { createHttpClient, type HttpClient } from '../../src/system/http.ts';
import { makeCertificate } from '../support/certificates.ts';

let folder: string;
let server: Server;
/** What the server has seen in the test. */
let requests: number;
let refusals: (string | undefined)[];
let client: HttpClient | undefined;

/** An authority of our own, a server that it signed and that asks for certificates, and a client that it signed. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'safepoint-tls-'));
  await makeCertificate(folder, 'authority');
  const signer = 'authority';
  await Promise.all(['server', 'client'].map((name) => makeCertificate(folder, name, { signer })));
  const read = (file: string) => readFile(join(folder, file), 'utf8');
  const [ca, cert, key] = await Promise.all([read('authority.pem'), read('server.pem'), read('server.key')]);
  server = createServer({ ca, cert, key, requestCert: true, rejectUnauthorized: true }, (_, response) => {
    requests += 1;
    response.end('hello');
  });
  server.on('tlsClientError', ({ code }: NodeJS.ErrnoException) => refusals.push(code));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
beforeEach(() => {
  requests = 0;
  refusals = [];
});
afterEach(async () => {
  await client?.close();
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

describe('system/http: TLS', () => {
  it('is let in with the authority of the server and a certificate of its own', async () => {
    const call = get({ ca: inFolder('authority.pem'), ...ownCertificate() });

    await expect(call).resolves.toMatchObject({ status: 200, text: 'hello' });
    expect(requests).toBe(1);
  });

  it('does not talk to a server whose authority it was not told', async () => {
    const call = get(ownCertificate());

    await expect(call).rejects.toMatchObject({
      code: 'EndpointUnreachable',
      message: expect.stringContaining('failed, SELF_SIGNED_CERT_IN_CHAIN self-signed certificate'),
    });
    expect(requests).toBe(0);
  });

  it('is turned away without a certificate of its own', async () => {
    const call = get({ ca: inFolder('authority.pem') });

    await expect(call).rejects.toMatchObject({ code: 'EndpointUnreachable' });
    expect(refusals).toContain('ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE');
    expect(requests).toBe(0);
  });
});

async function get(tls: Endpoint['tls']) {
  const { port } = server.address() as AddressInfo;
  client = createHttpClient('operate', { url: `https://127.0.0.1:${port}`, tls });
  return await client.exchange({ method: 'GET', path: '/' });
}

function ownCertificate() {
  return { clientCertificate: inFolder('client.pem'), clientKey: { file: inFolder('client.key') } };
}

function inFolder(file: string): string {
  return join(folder, file);
}
