import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { DatabaseConfig } from '../../src/config/schema.ts';
import { readDatabaseFacts } from '../../src/database/facts.ts';
import { createDependencies } from '../../src/dependencies.ts';
import { createHttpClient } from '../../src/system/http.ts';
import { s3At } from './s3At.ts';
import { loadTemporalConnection } from '../../src/system/temporal.ts';
import { safepoint } from '../cli/safepoint.ts';
import { makeCertificate, makeExpiredCertificate, type Certificate } from '../support/certificates.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'safepoint-impostors-'));
const SECRET = 'a-secret-for-nobody';
type Kind = 'of an unknown authority' | 'for another host' | 'that has expired';
const KINDS: Kind[] = ['of an unknown authority', 'for another host', 'that has expired'];
let own: Certificate;
let shown: Record<Kind, Certificate>;
let server: Server | undefined;
/** Everything that came after a handshake. */
let received = '';

beforeAll(async () => {
  own = await makeCertificate(folder, 'own');
  shown = {
    'of an unknown authority': await makeCertificate(folder, 'unknown'),
    'for another host': await makeCertificate(folder, 'other-host', { subjectAltName: 'DNS:other.example' }),
    'that has expired': await makeExpiredCertificate(folder, 'expired'),
  };
  process.env['IMPOSTORS_SECRET'] = SECRET;
}, 60_000);
afterEach(async () => {
  const closing = server;
  if (closing) await new Promise((resolve) => closing.close(resolve));
  server = undefined;
  received = '';
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** What the client trusts: the certificate itself, except where nobody vouches for it. */
function trusted(kind: Kind): string {
  return kind === 'of an unknown authority' ? own.certificate : shown[kind].certificate;
}

async function listen(starting: Server): Promise<number> {
  server = starting;
  await new Promise<void>((resolve) => starting.listen(0, '127.0.0.1', resolve));
  return (starting.address() as AddressInfo).port;
}

function pemOf({ certificate, key }: Certificate): { cert: string; key: string } {
  return { cert: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') };
}

function startHttps(kind: Kind): Promise<number> {
  const https = createHttpsServer(pemOf(shown[kind]), ({ headers }, response) => {
    received += JSON.stringify(headers);
    response.end('{}');
  });
  return listen(https);
}

/** Speaks as much of PostgreSQL as a client needs to begin with TLS. */
function startPostgresTls(kind: Kind): Promise<number> {
  return listen(
    createServer((socket) => {
      socket
        .on('error', () => undefined)
        .once('data', () => {
          socket.write('S');
          const secured = new TLSSocket(socket, { isServer: true, ...pemOf(shown[kind]) });
          secured
            .on('error', () => undefined)
            .on('data', (bytes: Buffer) => (received += bytes.toString('latin1')));
        });
    }),
  );
}

describe('system: a server that shows a certificate', () => {
  it.each(KINDS)('%s gets no request of HTTP', async (kind) => {
    const url = `https://127.0.0.1:${await startHttps(kind)}`;
    const auth = { type: 'bearer', token: { env: 'IMPOSTORS_SECRET' } } as const;
    const client = createHttpClient('operate', { url, auth, tls: { ca: trusted(kind) } });

    const call = client.exchange({ method: 'GET', path: '/' });

    await expect(call).rejects.toMatchObject({ code: 'EndpointUnreachable' });
    expect(received).toBe('');
    await client.close();
  });

  it.each(KINDS)('%s gets no request for S3', async (kind) => {
    const endpoint = `https://127.0.0.1:${await startHttps(kind)}`;
    const store = s3At(endpoint, 'IMPOSTORS_SECRET');

    await expect(store.getObject('key')).rejects.toMatchObject({ code: 'StoreFailed' });
    expect(received).toBe('');
  });

  it.each(KINDS)('%s gets no login to PostgreSQL with verify-full', async (kind) => {
    const port = await startPostgresTls(kind);
    const password = { env: 'IMPOSTORS_SECRET' };
    const ssl = { sslMode: 'verify-full', sslRootCert: trusted(kind) };
    const config = DatabaseConfig.parse({ host: '127.0.0.1', port, user: 'modeler', password, ...ssl });

    const { reachable, problems } = await readDatabaseFacts(config);

    expect(reachable).toBe(false);
    expect(problems).toEqual([expect.stringMatching(/certificate verify failed|does not match host name/)]);
    expect(received).toBe('');
  });
});

describe('system: NODE_TLS_REJECT_UNAUTHORIZED=0', () => {
  afterEach(() => {
    delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  });

  it('keeps everything from starting that would talk to somebody', () => {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';

    const refusal = expect.objectContaining({
      code: 'InvalidConfig',
      message: expect.stringContaining('NODE_TLS_REJECT_UNAUTHORIZED'),
    }) as unknown as Error;
    expect(() => loadTemporalConnection()).toThrow(refusal);
    const nothing = { temporal: {}, sentinel: {}, stores: {}, clusters: {} };
    expect(() => createDependencies(nothing as never)).toThrow(refusal);
  });

  it('lets no command go on', async () => {
    const { exitCode, stderr } = await safepoint(['run', 'demo'], { NODE_TLS_REJECT_UNAUTHORIZED: '0' });

    expect(stderr).toContain('InvalidConfig: NODE_TLS_REJECT_UNAUTHORIZED is 0');
    expect(exitCode).toBe(2);
  });
});
