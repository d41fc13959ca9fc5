import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { zstdCompressSync } from 'node:zlib';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import type { StoredArtifact } from '../../src/contract/backup.ts';
import { verifyDump, verifyStoredBytes } from '../../src/database/verifyDump.ts';
import { ageEncryption, WrongIdentity } from '../../src/storage/age.ts';
import { createObjectStore } from '../../src/storage/objectStore.ts';
import type { ObjectStore } from '../../src/storage/port.ts';

const trailer = '--\n-- PostgreSQL database cluster dump complete\n--\n\n';
const identity = await generateX25519Identity();
const recipient = await identityToRecipient(identity);
const whole = Buffer.from('insert into t values (1);\n'.repeat(100_000) + trailer);

let dir: string;
let store: ObjectStore;

beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'safepoint-verify-'));
  store = createObjectStore('local', { type: 'folder', path: dir });
});

afterEach(async () => {
  await rm(dir, { recursive: true });
});

/** Stores what `change` makes of the compressed dump, and tells of it as if it were unchanged. */
async function storeDump(raw: Buffer, change = (bytes: Buffer) => bytes): Promise<StoredArtifact> {
  const compressed = zstdCompressSync(raw);
  await store.putStream('set/a.sql.zst', Readable.from([change(Buffer.from(compressed))]));
  const at = new Date(0).toISOString();
  return {
    name: 'a.sql.zst',
    database: 'a',
    key: 'set/a.sql.zst',
    sizeBytes: compressed.length,
    rawSizeBytes: raw.length,
    sha256: sha256(compressed),
    rawSha256: sha256(raw),
    compression: 'zstd',
    startedAt: at,
    completedAt: at,
    tookMs: 0,
  };
}

/** The same, encrypted. */
async function storeEncrypted(raw: Buffer, change = (bytes: Buffer) => bytes): Promise<StoredArtifact> {
  const artifact = await storeDump(raw);
  const compressed = zstdCompressSync(raw);
  const encryption = await ageEncryption([recipient]);
  encryption.end(compressed);
  const sealed = await buffer(encryption);
  await store.putStream(artifact.key, Readable.from([change(Buffer.from(sealed))]));
  return {
    ...artifact,
    sizeBytes: sealed.length,
    sha256: sha256(sealed),
    encryption: {
      type: 'age',
      recipients: [recipient],
      sizeBytes: compressed.length,
      sha256: sha256(compressed),
    },
  };
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function flip(bytes: Buffer, at: number): Buffer {
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  return bytes;
}

async function verifying(artifact: StoredArtifact, withProgram: boolean): Promise<unknown> {
  const { PATH } = process.env;
  if (!withProgram) process.env.PATH = '';
  return verifyDump({ store, artifact }).finally(() => {
    process.env.PATH = PATH;
  });
}

describe.each([
  ['the program zstd', true],
  ['zstd of Node', false],
])('database/verifyDump: with %s', (_, withProgram) => {
  it('finds a whole dump good', async () => {
    const artifact = await storeDump(whole);

    const content = { rawSizeBytes: artifact.rawSizeBytes, rawSha256: artifact.rawSha256 };
    await expect(verifying(artifact, withProgram)).resolves.toEqual(content);
    await expect(verifyStoredBytes({ store, artifact })).resolves.toBeUndefined();
  });

  it('notices a changed byte', async () => {
    const artifact = await storeDump(whole, (bytes) => {
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 20) ^ 1, bytes.length - 20);
      return bytes;
    });

    await expect(verifying(artifact, withProgram)).rejects.toMatchObject({ code: 'DumpFailed' });
  });

  it('notices a dump that was cut short', async () => {
    const artifact = await storeDump(whole, (bytes) => bytes.subarray(0, -10));

    await expect(verifying(artifact, withProgram)).rejects.toMatchObject({ code: 'DumpFailed' });
  });

  it('notices bytes behind the end', async () => {
    const artifact = await storeDump(whole, (bytes) => Buffer.concat([bytes, Buffer.from('more')]));

    await expect(verifying(artifact, withProgram)).rejects.toMatchObject({ code: 'DumpFailed' });
  });

  it('notices another dump under the key, by name of what differs', async () => {
    const artifact = await storeDump(whole);
    await storeDump(Buffer.concat([Buffer.from('x'), whole]));

    const verification = verifying(artifact, withProgram);

    await expect(verification).rejects.toThrow(
      /a\.sql\.zst is damaged: stored .*; uncompressed size is 2600053/,
    );
  });

  it('notices that the trailer is missing', async () => {
    const artifact = await storeDump(whole.subarray(0, -trailer.length));

    await expect(verifying(artifact, withProgram)).rejects.toThrow('the trailer of pg_dumpall is missing');
  });
});

describe('database/verifyDump: of an encrypted dump', () => {
  it('finds a whole one good', async () => {
    const artifact = await storeEncrypted(whole);

    const content = { rawSizeBytes: artifact.rawSizeBytes, rawSha256: artifact.rawSha256 };
    await expect(verifyDump({ store, artifact, identities: [identity] })).resolves.toEqual(content);
    await expect(verifyStoredBytes({ store, artifact })).resolves.toBeUndefined();
  });

  it('says that no key fits, which is no damage', async () => {
    const artifact = await storeEncrypted(whole);
    const identities = [await generateX25519Identity()];

    await expect(verifyDump({ store, artifact, identities })).rejects.toBeInstanceOf(WrongIdentity);
  });

  it.each([
    [
      'a changed byte',
      (bytes: Buffer) => flip(bytes, bytes.length - 20),
      'cannot be decrypted: a chunk of age',
    ],
    ['a changed header', (bytes: Buffer) => flip(bytes, 5), 'cannot be decrypted: the header of age'],
    ['a cut', (bytes: Buffer) => bytes.subarray(0, -10), 'cannot be decrypted: a chunk of age'],
  ])('notices %s, with and without the key', async (_, change, why) => {
    const artifact = await storeEncrypted(whole, change);

    const decoded = verifyDump({ store, artifact, identities: [identity] });
    await expect(decoded).rejects.toMatchObject({
      code: 'DumpFailed',
      message: expect.stringContaining(why),
    });
    await expect(verifyStoredBytes({ store, artifact })).rejects.toMatchObject({
      code: 'DumpFailed',
      message: expect.stringMatching(/is damaged: stored (sha256|size)/),
    });
  });

  it('notices that the trailer is missing', async () => {
    const artifact = await storeEncrypted(whole.subarray(0, -trailer.length));

    const decoded = verifyDump({ store, artifact, identities: [identity] });

    await expect(decoded).rejects.toThrow('the trailer of pg_dumpall is missing');
  });
});

describe('database/verifyDump: no answer from the store', () => {
  it('fails with what the store says', async () => {
    const artifact = await storeDump(whole);
    const away = createObjectStore('away', { type: 'folder', path: path.join(dir, 'away') });

    await expect(verifyDump({ store: away, artifact })).rejects.toMatchObject({ code: 'StoreFailed' });
  });

  it('says that the dump is gone where the store answers', async () => {
    const artifact = await storeDump(whole);
    await store.remove(artifact.key);

    const verification = verifyDump({ store, artifact });

    await expect(verification).rejects.toMatchObject({ code: 'DumpFailed' });
    await expect(verification).rejects.toThrow(`${store.locate(artifact.key)} is gone`);
  });

  it('ends on abort with the reason as it is', async () => {
    const artifact = await storeDump(whole);
    const stopping = new AbortController();
    const reason = new Error('cancelled');

    const verification = verifyDump({
      store,
      artifact,
      signal: stopping.signal,
      onProgress: () => {
        stopping.abort(reason);
      },
    });

    await expect(verification).rejects.toBe(reason);
  });
});
