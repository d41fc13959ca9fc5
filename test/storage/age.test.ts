import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { ageDecryption, ageEncryption, WrongIdentity } from '../../src/storage/age.ts';

const chunk = 64 * 1024;
let identity: string;
let recipient: string;

beforeAll(async () => {
  identity = await generateX25519Identity();
  recipient = await identityToRecipient(identity);
});

/** Chunks of a size that fits nowhere, as a pipe gives them. */
function source(bytes: Buffer, step = 10_007): Readable {
  const steps = Array.from({ length: Math.ceil(bytes.length / step) }, (_, at) =>
    bytes.subarray(at * step, (at + 1) * step),
  );
  return Readable.from(steps);
}

async function encrypted(bytes: Buffer, recipients = [recipient]): Promise<Buffer> {
  const encryption = await ageEncryption(recipients);
  const [, whole] = await Promise.all([pipeline(source(bytes), encryption), buffer(encryption)]);
  return whole;
}

async function decrypted(bytes: Buffer, identities = [identity]): Promise<Buffer> {
  const decryption = ageDecryption(identities);
  const [, whole] = await Promise.all([pipeline(source(bytes), decryption), buffer(decryption)]);
  return whole;
}

describe('storage/age', () => {
  it.each([0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk, 5 * chunk + 17])(
    'writes what the library reads, and reads what it writes: %i bytes',
    async (size) => {
      const plain = randomBytes(size);
      const encrypter = new Encrypter();
      encrypter.addRecipient(recipient);
      const decrypter = new Decrypter();
      decrypter.addIdentity(identity);

      const ours = await encrypted(plain);
      const theirs = Buffer.from(await encrypter.encrypt(plain));

      expect(plain.equals(await decrypter.decrypt(ours))).toBe(true);
      expect(plain.equals(await decrypted(theirs))).toBe(true);
      expect(ours.length).toBe(theirs.length);
    },
  );

  it('is read by each of several recipients, and by one of several keys', async () => {
    const other = await generateX25519Identity();
    const bytes = await encrypted(Buffer.from('to both'), [recipient, await identityToRecipient(other)]);

    expect(String(await decrypted(bytes, [other]))).toBe('to both');
    expect(String(await decrypted(bytes, [await generateX25519Identity(), identity]))).toBe('to both');
  });

  it('says when no key fits', async () => {
    const bytes = await encrypted(randomBytes(3 * chunk));

    await expect(decrypted(bytes, [await generateX25519Identity()])).rejects.toBeInstanceOf(WrongIdentity);
  });

  it.each([
    ['a flipped bit in the middle', (bytes: Buffer) => flip(bytes, bytes.length >> 1)],
    ['a flipped bit at the end', (bytes: Buffer) => flip(bytes, bytes.length - 1)],
    ['a flipped bit in the header', (bytes: Buffer) => flip(bytes, bytes.indexOf('\n---') + 10)],
    ['an end between two chunks', (bytes: Buffer) => bytes.subarray(0, -17)],
    ['an end within the header', (bytes: Buffer) => bytes.subarray(0, 50)],
    ['a chunk that was taken out', takeOutChunk],
    ['bytes behind the end', (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('more')])],
    ['something else than age', () => randomBytes(3 * chunk)],
    ['nothing', () => Buffer.alloc(0)],
  ])('refuses %s', async (_, damage) => {
    const bytes = await encrypted(randomBytes(2 * chunk + 1));

    const failure = await decrypted(damage(bytes)).then(
      () => new Error('it was read'),
      (error: unknown) => error as Error,
    );

    expect(failure.message).toMatch(/age/);
    expect(failure).not.toBeInstanceOf(WrongIdentity);
  });
});

function flip(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}

function takeOutChunk(bytes: Buffer): Buffer {
  const payload = bytes.length - (2 * chunk + 1 + 3 * 16);
  return Buffer.concat([bytes.subarray(0, payload), bytes.subarray(payload + chunk + 16)]);
}
