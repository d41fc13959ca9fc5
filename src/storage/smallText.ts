import type { Readable } from 'node:stream';

/** A manifest with the indices of a large cluster has a few MB. */
const LIMIT_BYTES = 64 * 1024 * 1024;

/** The whole stream as text; what was not written by Safepoint may be of any size, and must not take all memory. */
export async function readSmallText(stream: Readable, limitBytes = LIMIT_BYTES): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > limitBytes)
      throw new Error(
        `it has more than ${limitBytes} bytes and is no object of Safepoint that is read as text`,
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
