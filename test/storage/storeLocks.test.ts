import {
  CreateBucketCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectLegalHoldCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { createHash, randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { StoreConfig } from '../../src/config/schema.ts';
import { createObjectStore } from '../../src/storage/objectStore.ts';
import { startS3, type S3Server } from './s3Fixture.ts';

const MiB = 1024 ** 2;
const HOUR_MS = 3_600_000;
const tags = { team: 'platform', 'kept for': 'a year' };

describe('storage/s3: locked objects, on a real server', () => {
  let server: S3Server;
  let client: S3Client;

  beforeAll(async () => {
    server = await startS3();
    const { endpoint, region, accessKeyId, secretAccessKey } = server;
    const credentials = { accessKeyId, secretAccessKey };
    client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: 'locked', ObjectLockEnabledForBucket: true }));
  }, 60_000);

  afterAll(async () => {
    client.destroy();
    await server.close();
  });

  function openLocked() {
    return createObjectStore('vault', {
      ...server.config,
      bucket: 'locked',
      tags,
      objectLock: { mode: 'GOVERNANCE', retain: HOUR_MS },
    });
  }

  it.each([
    ['one part', 1000],
    ['three parts', 20 * MiB],
  ])('keeps an artifact of %s until its date, with its tags', async (_, sizeBytes) => {
    const store = openLocked();
    const key = `artifact/${sizeBytes}`;

    await store.putStream(key, Readable.from([randomBytes(sizeBytes)]));

    const head = await store.head(key);
    const aheadMs = Date.parse(head?.retainedUntil ?? '') - Date.now();
    expect(Math.abs(aheadMs - HOUR_MS)).toBeLessThan(60_000);
    const where = { Bucket: 'locked', Key: `safepoint/${key}` };
    const found = await client.send(new HeadObjectCommand(where));
    expect(found.ObjectLockMode).toBe('GOVERNANCE');
    const { TagSet } = await client.send(new GetObjectTaggingCommand(where));
    expect(Object.fromEntries((TagSet ?? []).map(({ Key, Value }) => [Key, Value]))).toEqual(tags);
    const removing = store.remove(key);
    await expect(removing).rejects.toMatchObject({ code: 'ObjectLocked' });
    await expect(removing).rejects.toThrow(`locked until ${head?.retainedUntil ?? ''}`);
    expect(await store.head(key)).toEqual(head);
  });

  it('locks a small object only when told, so that working files can go', async () => {
    const store = openLocked();
    await store.putObject('small/intent.json', '{}', { createOnly: true });
    await store.putObject('small/manifest.json', '{}', { createOnly: true, lock: true });

    await store.remove('small/intent.json');

    expect(await store.head('small/intent.json')).toBeNull();
    await expect(store.remove('small/manifest.json')).rejects.toMatchObject({ code: 'ObjectLocked' });
    expect(await store.getObject('small/manifest.json')).toBe('{}');
  });

  it('says of a hold that it has no date', async () => {
    const store = openLocked();
    await store.putObject('small/held', 'x');
    const where = { Bucket: 'locked', Key: 'safepoint/small/held' };
    await client.send(new PutObjectLegalHoldCommand({ ...where, LegalHold: { Status: 'ON' } }));

    const head = await store.head('small/held');
    const removing = store.remove('small/held');

    expect(head).toMatchObject({ held: true, retainedUntil: null });
    await expect(removing).rejects.toMatchObject({ code: 'ObjectLocked' });
    await expect(removing).rejects.toThrow('put a hold on it');
  });

  it('tells what protects a bucket, and what does not', async () => {
    const plain = createObjectStore('plain', server.config);

    expect(await openLocked().describeProtection()).toMatchObject({
      versioning: true,
      objectLock: true,
      defaultRetention: 'none',
    });
    expect(await plain.describeProtection()).toMatchObject({ versioning: false, objectLock: false });
  });
});

type Seen = { line: string; headers: IncomingMessage['headers']; body: string };

describe('storage: what goes out with each object', () => {
  let seen: Seen[] = [];
  const server = createServer((incoming, answer) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.once('end', () => {
      const line = `${incoming.method ?? ''} ${incoming.url ?? ''}`;
      seen.push({ line, headers: incoming.headers, body: Buffer.concat(chunks).toString('latin1') });
      if (line.includes('/token')) {
        answer.setHeader('content-type', 'application/json');
        answer.end(JSON.stringify({ access_token: 'token', token_type: 'Bearer', expires_in: 3600 }));
      } else {
        answer.statusCode = incoming.method === 'HEAD' ? 404 : line.includes('comp=block') ? 201 : 200;
        if (incoming.method === 'PUT') answer.statusCode = line.includes('/azure/') ? 201 : 200;
        answer.end();
      }
    });
  });
  let endpoint = '';

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    process.env.TEST_LOCK_SECRET = Buffer.from('secret').toString('base64');
    process.env.TEST_LOCK_GCS = JSON.stringify({
      type: 'external_account',
      audience: 'a',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${endpoint}/token`,
      credential_source: { file: fileURLToPath(import.meta.url) },
    });
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const secret = { env: 'TEST_LOCK_SECRET' };
  const objectLock = { mode: 'COMPLIANCE', retain: HOUR_MS } as const;

  async function send(config: StoreConfig): Promise<Seen[]> {
    seen = [];
    const store = createObjectStore('vault', config);
    await store.putStream('dump', Readable.from([Buffer.from('x')]));
    await store.putObject('manifest', 'x', { lock: true });
    await store.putObject('intent', 'x');
    return seen.filter(({ line }) => /^(PUT|POST)/.test(line) && !line.includes('/token'));
  }

  it('to S3: class for the dump, tags for all, lock and digest for dump and manifest', async () => {
    const [dump, manifest, intent] = await send({
      type: 's3',
      bucket: 'b',
      prefix: '',
      region: 'us-east-1',
      endpoint,
      forcePathStyle: true,
      accessKeyId: secret,
      secretAccessKey: secret,
      storageClass: 'STANDARD_IA',
      tags,
      objectLock,
    });

    for (const { headers } of [dump, manifest] as Seen[]) {
      expect(headers).toMatchObject({
        'x-amz-object-lock-mode': 'COMPLIANCE',
        'x-amz-tagging': 'team=platform&kept+for=a+year',
        'content-md5': createHash('md5').update('x').digest('base64'),
      });
      expect(Date.parse(String(headers['x-amz-object-lock-retain-until-date']))).toBeGreaterThan(Date.now());
    }
    expect(dump?.headers['x-amz-storage-class']).toBe('STANDARD_IA');
    expect(manifest?.headers['x-amz-storage-class']).toBeUndefined();
    expect(intent?.headers['x-amz-object-lock-mode']).toBeUndefined();
    expect(intent?.headers['x-amz-tagging']).toBe('team=platform&kept+for=a+year');
  });

  it('to Azure: tier for the dump, tags and scope for all, a policy for dump and manifest', async () => {
    const [dump, manifest, intent] = await send({
      type: 'azure',
      account: 'azure',
      container: 'c',
      prefix: '',
      endpoint: `${endpoint}/azure`,
      accountKey: secret,
      accessTier: 'Cool',
      encryptionScope: 'scope-1',
      tags,
      objectLock,
    });

    for (const { headers } of [dump, manifest] as Seen[]) {
      expect(headers['x-ms-immutability-policy-mode']).toBe('Locked');
      expect(Date.parse(String(headers['x-ms-immutability-policy-until-date']))).toBeGreaterThan(Date.now());
    }
    for (const { headers } of [dump, manifest, intent] as Seen[]) {
      expect(headers).toMatchObject({
        'x-ms-encryption-scope': 'scope-1',
        'x-ms-tags': 'team=platform&kept%20for=a%20year',
      });
    }
    expect(dump?.headers['x-ms-access-tier']).toBe('Cool');
    expect(manifest?.headers['x-ms-access-tier']).toBeUndefined();
    expect(intent?.headers['x-ms-immutability-policy-mode']).toBeUndefined();
  });

  it('to Google: class for the dump, key for all, retention for dump and manifest', async () => {
    const kmsKey = 'projects/p/locations/l/keyRings/r/cryptoKeys/k';
    const [dump, manifest, intent] = await send({
      type: 'gcs',
      bucket: 'b',
      prefix: '',
      endpoint,
      keyFile: { env: 'TEST_LOCK_GCS' },
      storageClass: 'NEARLINE',
      kmsKey,
      objectLock,
    });

    for (const { body } of [dump, manifest] as Seen[]) expect(body).toContain('"retention":{"mode":"Locked"');
    for (const { line, headers } of [dump, manifest, intent] as Seen[]) {
      expect(line).toContain(`kmsKeyName=${encodeURIComponent(kmsKey)}`);
      expect(headers['authorization']).toBe('Bearer token');
    }
    expect(dump?.body).toContain('"storageClass":"NEARLINE"');
    expect(manifest?.body).not.toContain('storageClass');
    expect(intent?.body).not.toContain('retention');
  });
});
