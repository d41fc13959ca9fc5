import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { Transform } from 'node:stream';
import { loadAge } from '../system/age.ts';

/*
 * Files of age (https://age-encryption.org/v1): a header, 16 random bytes, and the payload in chunks of 64 KiB, each sealed
 * with ChaCha20-Poly1305. All that has to do with keys, and the header, is the library's; the payload goes through OpenSSL, as
 * the library seals it in JavaScript, which costs ten seconds of a core a gigabyte (decision 0017).
 */
const chunkBytes = 64 * 1024;
const tagBytes = 16;
const saltBytes = 16;
const longestHeaderBytes = 64 * 1024; // hundreds of recipients

/** None of the identities is one that the bytes were encrypted to. */
export class WrongIdentity extends Error {}

/** The bytes are not those of a whole file of age. */
export class DamagedFile extends Error {}

/** Encrypts what goes through, to all the recipients; any of them can read it. */
export async function ageEncryption(recipients: readonly string[]): Promise<Transform> {
  const { header, fileKey } = await makeHeader(recipients);
  const salt = randomBytes(saltBytes);
  const seal = createSealing(fileKey, salt);
  let chunk = Buffer.allocUnsafe(chunkBytes);
  let filled = 0;
  const stream = new Transform({
    readableHighWaterMark: 1024 ** 2,
    transform(bytes: Buffer, _encoding, done) {
      for (let taken = 0; taken < bytes.length;) {
        // A full chunk waits for the next byte: only the last one is marked, and it is never empty.
        if (filled === chunkBytes) {
          this.push(seal(chunk, false));
          chunk = Buffer.allocUnsafe(chunkBytes);
          filled = 0;
        }
        const copied = bytes.copy(chunk, filled, taken);
        filled += copied;
        taken += copied;
      }
      done();
    },
    flush(done) {
      this.push(seal(chunk.subarray(0, filled), true));
      done();
    },
  });
  stream.push(Buffer.concat([header, salt]));
  return stream;
}

/** The way back. The stream fails with `WrongIdentity`, and with `DamagedFile` where the bytes are damaged or cut off. */
export function ageDecryption(identities: readonly string[]): Transform {
  let open: ((chunk: Buffer, last: boolean) => Buffer) | undefined;
  let held: Buffer = Buffer.alloc(0);

  async function begin(): Promise<void> {
    const headerBytes = endOfHeader(held);
    if (headerBytes === null || held.length < headerBytes + saltBytes) {
      if (held.length > longestHeaderBytes) throw new DamagedFile('it is not encrypted with age');
      return;
    }
    const fileKey = await readHeader(held.subarray(0, headerBytes), identities);
    open = createOpening(fileKey, held.subarray(headerBytes, headerBytes + saltBytes));
    held = held.subarray(headerBytes + saltBytes);
  }

  function openWhole(stream: Transform, opening: (chunk: Buffer, last: boolean) => Buffer): void {
    const sealedBytes = chunkBytes + tagBytes;
    let at = 0;
    for (; held.length - at > sealedBytes; at += sealedBytes)
      stream.push(opening(held.subarray(at, at + sealedBytes), false));
    held = held.subarray(at);
  }

  return new Transform({
    readableHighWaterMark: 1024 ** 2,
    transform(bytes: Buffer, _encoding, done) {
      held = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
      run(async () => {
        if (open === undefined) await begin();
        if (open !== undefined) openWhole(this, open);
      }, done);
    },
    flush(done) {
      run(() => {
        if (open === undefined) throw new DamagedFile('it ends within the header of age');
        this.push(open(held, true));
        return Promise.resolve();
      }, done);
    },
  });
}

function run(work: () => Promise<void>, done: (error?: Error | null) => void): void {
  work().then(() => {
    done();
  }, done);
}

/** The library encrypts nothing, and tells its key to a recipient who takes no share of it. */
async function makeHeader(recipients: readonly string[]): Promise<{ header: Buffer; fileKey: Uint8Array }> {
  let fileKey: Uint8Array | undefined;
  const encrypter = new (loadAge().Encrypter)();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  encrypter.addRecipient({
    wrapFileKey(key) {
      fileKey = Uint8Array.from(key);
      return [];
    },
  });
  const empty = Buffer.from(await encrypter.encrypt(new Uint8Array()));
  const header = empty.subarray(0, -saltBytes - tagBytes);
  if (fileKey === undefined || endOfHeader(header) !== header.length || recipients.length === 0)
    throw new Error('the library of age has made no header for the recipients');
  return { header, fileKey };
}

async function readHeader(header: Buffer, identities: readonly string[]): Promise<Uint8Array> {
  const decrypter = new (loadAge().Decrypter)();
  for (const identity of identities) decrypter.addIdentity(identity);
  try {
    return await decrypter.decryptHeader(header);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (reason.includes('no identity matched')) throw new WrongIdentity('no key of the identity fits');
    throw new DamagedFile(`the header of age is damaged: ${reason}`, { cause: error });
  }
}

/** Behind the line with the checksum of the header; `null` while that has not come. */
function endOfHeader(bytes: Buffer): number | null {
  const line = bytes.indexOf('\n--- ');
  const end = line === -1 ? -1 : bytes.indexOf('\n', line + 1);
  return end === -1 ? null : end + 1;
}

function createSealing(fileKey: Uint8Array, salt: Buffer): (chunk: Buffer, last: boolean) => Buffer {
  const key = payloadKey(fileKey, salt);
  const nextNonce = createNonces();
  return (chunk, last) => {
    const cipher = createCipheriv('chacha20-poly1305', key, nextNonce(last), { authTagLength: tagBytes });
    return Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()]);
  };
}

function createOpening(fileKey: Uint8Array, salt: Buffer): (chunk: Buffer, last: boolean) => Buffer {
  const key = payloadKey(fileKey, salt);
  const nextNonce = createNonces();
  let isFirst = true;
  return (chunk, last) => {
    const isEmpty = chunk.length === tagBytes;
    if (chunk.length < tagBytes || (isEmpty && !isFirst))
      throw new DamagedFile('its last chunk of age is cut off');
    isFirst = false;
    const nonce = nextNonce(last);
    const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: tagBytes });
    decipher.setAuthTag(chunk.subarray(-tagBytes));
    try {
      return Buffer.concat([decipher.update(chunk.subarray(0, -tagBytes)), decipher.final()]);
    } catch (error) {
      throw new DamagedFile('a chunk of age is damaged or cut off', { cause: error });
    }
  };
}

function payloadKey(fileKey: Uint8Array, salt: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', fileKey, salt, 'payload', 32));
}

/** A counter of 11 bytes, and one that is 1 for the last chunk. */
function createNonces(): (last: boolean) => Buffer {
  let counter = 0;
  return (last) => {
    const nonce = Buffer.alloc(12);
    nonce.writeUIntBE(counter, 5, 6); // 2^48 chunks are beyond any store
    nonce[11] = last ? 1 : 0;
    counter += 1;
    return nonce;
  };
}
