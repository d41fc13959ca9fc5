const MiB = 1024 ** 2;
const smallestPartBytes = 8 * MiB;
const largestPartBytes = 1024 * MiB;

/**
 * Size of the next part of a multipart upload: 8 MiB for the first 8 GiB, then a thousandth of what is sent already,
 * at most 1 GiB. An upload has at most 10,000 parts, and nobody knows how large a dump becomes: parts of one size would either end
 * at 78 GiB or cost much memory from the start. This ends above 5 TiB.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
 */
export function nextPartBytes(sentBytes: number): number {
  const thousandth = Math.ceil(sentBytes / 1000 / MiB) * MiB;
  return Math.min(Math.max(smallestPartBytes, thousandth), largestPartBytes);
}

/** Whose memory the bytes lie in. */
export type PartMemory = {
  /** For a part that is copied together. */
  allocate?: (sizeBytes: number) => Buffer;
  /** For a chunk that was copied and is read no more. */
  release?: (chunk: Buffer) => void;
};

/**
 * Coalesces chunks of any size into whole parts: each of `nextPartBytes`, only the last one is shorter (it may be empty). A
 * chunk that is a whole part goes on as it is. The SDK itself would keep every small chunk (aws-sdk-js-v3#8286).
 */
export async function* inParts(
  body: AsyncIterable<Buffer>,
  partBytes: (sentBytes: number) => number = nextPartBytes,
  { allocate = (sizeBytes) => Buffer.allocUnsafeSlow(sizeBytes), release }: PartMemory = {},
): AsyncIterable<{ bytes: Buffer; last: boolean }> {
  let sentBytes = 0;
  let part: Buffer | undefined;
  let filled = 0;
  for await (const chunk of body) {
    if ((chunk.buffer as ArrayBuffer).detached)
      throw new Error('a chunk came twice, and was freed after the first time');
    if (part === undefined && chunk.length === partBytes(sentBytes)) {
      sentBytes += chunk.length;
      yield { bytes: chunk, last: false };
      continue;
    }
    for (let taken = 0; taken < chunk.length;) {
      part ??= allocate(partBytes(sentBytes));
      const copied = chunk.copy(part, filled, taken);
      taken += copied;
      filled += copied;
      if (filled < part.length) continue;
      sentBytes += part.length;
      yield { bytes: part, last: false };
      part = undefined;
      filled = 0;
    }
    release?.(chunk);
  }
  yield { bytes: part?.subarray(0, filled) ?? Buffer.alloc(0), last: true };
}
