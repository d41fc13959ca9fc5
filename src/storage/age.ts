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
  const chunks = createChunks(chunkBytes);
  const stream = new Transform({
    readableHighWaterMark: 1024 ** 2,
    transform(bytes: Buffer, _encoding, done) {
      chunks.add(bytes, (chunk) => this.push(seal(chunk, false)));
      done();
    },
    flush(done) {
      this.push(seal(chunks.last(), true));
      done();
    },
  });
  stream.push(Buffer.concat([header, salt]));
  return stream;
}

/** The way back. The stream fails with `WrongIdentity`, and with `DamagedFile` where the bytes are damaged or cut off. */
export function ageDecryption(identities: readonly string[]): Transform {
  const chunks = createChunks(chunkBytes + tagBytes);
  let open: ((chunk: Buffer, last: boolean) => Buffer) | undefined;
  let head: Buffer = Buffer.alloc(0);

  /** Gives what follows the header; nothing while that is not whole. */
  async function begin(bytes: Buffer): Promise<Buffer> {
    head = Buffer.concat([head, bytes]);
    const headerBytes = endOfHeader(head);
    if (headerBytes === null || head.length < headerBytes + saltBytes) {
      if (head.length > longestHeaderBytes) throw new DamagedFile('it is not encrypted with age');
      return Buffer.alloc(0);
    }
    const fileKey = await readHeader(head.subarray(0, headerBytes), identities);
    open = createOpening(fileKey, head.subarray(headerBytes, headerBytes + saltBytes));
    return head.subarray(headerBytes + saltBytes);
  }

  return new Transform({
    readableHighWaterMark: 1024 ** 2,
    transform(bytes: Buffer, _encoding, done) {
      run(async () => {
        const payload = open === undefined ? await begin(bytes) : bytes;
        chunks.add(payload, (chunk) => this.push(open?.(chunk, false)));
      }, done);
    },
    flush(done) {
      run(() => {
        if (open === undefined) throw new DamagedFile('it ends within the header of age');
        this.push(open(chunks.last(), true));
        return Promise.resolve();
      }, done);
    },
  });
}

/**
 * Bytes in chunks of one size, in memory that is used again: who takes a chunk must be done with it. A full one waits for the
 * next byte: only the last one is marked, and it is never empty.
 */
function createChunks(sizeBytes: number) {
  const chunk = Buffer.allocUnsafeSlow(sizeBytes);
  let filled = 0;
  return {
    add(bytes: Buffer, take: (chunk: Buffer) => void): void {
      for (let taken = 0; taken < bytes.length;) {
        if (filled === sizeBytes) {
          take(chunk);
          filled = 0;
        }
        const copied = bytes.copy(chunk, filled, taken);
        filled += copied;
        taken += copied;
      }
    },
    last: () => chunk.subarray(0, filled),
  };
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
    const sealed = cipher.update(chunk);
    cipher.final(); // gives nothing, as it is a stream cipher, and makes the tag
    return Buffer.concat([sealed, cipher.getAuthTag()]);
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
      const opened = decipher.update(chunk.subarray(0, -tagBytes));
      decipher.final(); // gives nothing, as it is a stream cipher, and compares the tag
      return opened;
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
