import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { zstdDecompressSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { execa } from 'execa';
import type { DumpedArtifact } from '../../src/contract/backup.ts';
import { dumpDatabase, type DumpResult } from '../../src/database/dump.ts';
import type { RawContent } from '../../src/database/readDump.ts';
import { verifyDump, verifyStoredBytes } from '../../src/database/verifyDump.ts';
import { createObjectStore } from '../../src/storage/objectStore.ts';
import type { ObjectStore } from '../../src/storage/port.ts';
import { startS3, type S3Server } from '../storage/s3Fixture.ts';
import { startStoreProxy, type StoreProxy } from '../storage/storeProxy.ts';
import { findAge } from '../support/ageProgram.ts';
import { childrenRunning, startDatabase, type DatabaseFixture } from './databaseFixture.ts';

const rows = 60_000; // 128 MB of SQL, three parts of a multipart upload

let fixture: DatabaseFixture;
let s3: S3Server;
let proxy: StoreProxy;
let main: ObjectStore;
let folder: ObjectStore;
let behindProxy: ObjectStore;
let identity: string;
let recipients: string[];

beforeAll(async () => {
  fixture = await startDatabase(rows);
  s3 = await startS3();
  proxy = await startStoreProxy(s3.endpoint);
  main = createObjectStore('main', s3.config);
  const folderPath = await mkdtemp(path.join(fixture.dir, 'store-'));
  folder = createObjectStore('folder', { type: 'folder', path: folderPath });
  behindProxy = createObjectStore('far', { ...s3.config, prefix: 'far', endpoint: proxy.endpoint });
  identity = await generateX25519Identity();
  recipients = [await identityToRecipient(identity)];
}, 120_000);

afterAll(async () => {
  await proxy.stop();
  await s3.close();
  await fixture.close();
});

afterEach(async () => {
  proxy.interfere = () => 'pass';
  expect(childrenRunning('pg_dumpall', 'pg_dump', 'zstd')).toEqual([]);
  expect(await s3.unfinished()).toEqual([]);
});

function artifactOf(key: string, { stored, ...dumped }: DumpResult): DumpedArtifact {
  const times = { startedAt: '', completedAt: '', tookMs: 0 };
  return { name: key, database: 'a', key, compression: 'zstd', stores: stored, ...times, ...dumped };
}

async function read(store: ObjectStore, key: string): Promise<Buffer> {
  return await buffer(await store.getStream(key));
}

function contentOf(bytes: Buffer): RawContent {
  const raw = zstdDecompressSync(bytes);
  return { rawSizeBytes: raw.length, rawSha256: createHash('sha256').update(raw).digest('hex') };
}

describe('database/dump: to several stores', () => {
  it('has the same bytes in each, read once', async () => {
    const key = 'several/a.sql.zst';
    const result = await dumpDatabase({
      database: fixture.database,
      stores: [main, folder, behindProxy],
      key,
    });

    expect(result).toMatchObject({ stored: ['main', 'folder', 'far'], notStored: [] });
    expect(result.encryption).toBeUndefined();
    for (const store of [main, folder, behindProxy]) {
      const bytes = await read(store, key);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(result.sha256);
      expect(bytes.length).toBe(result.sizeBytes);
      expect(await verifyDump({ store, artifact: artifactOf(key, result) })).toEqual(contentOf(bytes));
    }
  }, 120_000);

  it('encrypts so that the plain programs age and zstd read it', async () => {
    const { age } = await findAge();
    const key = 'several/b.sql.zst.age';
    const result = await dumpDatabase({
      database: fixture.database,
      stores: [main, folder],
      key,
      recipients,
    });

    const keyFile = path.join(fixture.dir, 'key.txt');
    writeFileSync(keyFile, identity);
    const pipe = `'${age}' -d -i '${keyFile}' < '${folder.locate(key)}' | zstd -dc | sha256sum`;
    const { stdout } = await execa('bash', ['-o', 'pipefail', '-c', pipe]);

    expect(stdout).toBe(`${result.rawSha256}  -`);
    expect(result.encryption).toMatchObject({ type: 'age', recipients });
    for (const store of [main, folder]) {
      const artifact = artifactOf(key, result);
      const content = await verifyDump({ store, artifact, identities: [identity] });
      expect(content).toEqual({ rawSizeBytes: result.rawSizeBytes, rawSha256: result.rawSha256 });
      await verifyStoredBytes({ store, artifact });
    }
  }, 120_000);

  it.each([
    ['at the start', 'uploads'],
    ['midway', 'partNumber=2'],
    ['at completion', 'uploadId='],
  ])(
    'goes on without a store that breaks %s, and leaves nothing there',
    async (when, part) => {
      const key = `broken/${when}`;
      proxy.interfere = (line) => {
        const isIts =
          when === 'at completion' ? line.startsWith('POST') && line.includes(part) : line.includes(part);
        return isIts && !line.startsWith('DELETE') && !line.startsWith('GET') ? 'cut' : 'pass';
      };

      const result = await dumpDatabase({ database: fixture.database, stores: [main, behindProxy], key });

      expect(result.stored).toEqual(['main']);
      expect(result.notStored).toEqual([
        { store: 'far', why: expect.stringContaining('store far: could not write') },
      ]);
      await verifyDump({ store: main, artifact: artifactOf(key, result) });
      expect(await behindProxy.head(key)).toBeNull();
    },
    120_000,
  );

  it('fails when all break, naming each', async () => {
    proxy.interfere = (line) => (line.includes('partNumber') ? 'cut' : 'pass');
    const other = createObjectStore('other', { ...s3.config, prefix: 'other', endpoint: proxy.endpoint });

    const dump = dumpDatabase({ database: fixture.database, stores: [behindProxy, other], key: 'all' });

    await expect(dump).rejects.toMatchObject({
      code: 'StoreFailed',
      message: expect.stringMatching(/^no store has taken all: store far: .*; store other: /),
    });
  }, 120_000);
});
