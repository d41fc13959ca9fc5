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

/**
 * Coalesces chunks of any size into whole parts: each of `nextPartBytes`, only the last one is shorter (it may be empty). A
 * chunk that is a whole part goes on as it is. The SDK itself would keep every small chunk (aws-sdk-js-v3#8286).
 */
export async function* inParts(
  body: AsyncIterable<Buffer>,
  partBytes: (sentBytes: number) => number = nextPartBytes,
): AsyncIterable<{ bytes: Buffer; last: boolean }> {
  let sentBytes = 0;
  let part: Buffer | undefined;
  let filled = 0;
  for await (const chunk of body) {
    let taken = 0;
    while (taken < chunk.length) {
      const wantedBytes = part?.length ?? partBytes(sentBytes);
      if (part === undefined && chunk.length - taken === wantedBytes) {
        yield { bytes: chunk.subarray(taken), last: false };
        sentBytes += wantedBytes;
        break;
      }
      part ??= Buffer.allocUnsafeSlow(wantedBytes);
      const copied = chunk.copy(part, filled, taken);
      taken += copied;
      filled += copied;
      if (filled < part.length) continue;
      yield { bytes: part, last: false };
      sentBytes += part.length;
      part = undefined;
      filled = 0;
    }
  }
  yield { bytes: part?.subarray(0, filled) ?? Buffer.alloc(0), last: true };
}
