import { createHash } from 'node:crypto';
import { readSync, writeSync } from 'node:fs';
import type { RawMeterLine } from './rawMeter.ts';
import { TAIL_BYTES } from './trailer.ts';

/** Passes stdin on to stdout and tells on stderr what it was; see rawMeter.ts. It blocks, and reuses one block of memory. */
const block = Buffer.allocUnsafeSlow(256 * 1024);
const hash = createHash('sha256');
let tail: Buffer = Buffer.alloc(0);
let sizeBytes = 0;

for (;;) {
  const count = readSync(0, block, 0, block.length, null);
  if (count === 0) break;
  const chunk = block.subarray(0, count);
  hash.update(chunk);
  sizeBytes += count;
  tail = Buffer.concat([count >= TAIL_BYTES ? Buffer.alloc(0) : tail, chunk.subarray(-TAIL_BYTES)]).subarray(
    -TAIL_BYTES,
  );
  for (let written = 0; written < count;) written += writeSync(1, chunk, written);
}
const line: RawMeterLine = { sizeBytes, sha256: hash.digest('hex'), tail: tail.toString('base64') };
writeSync(2, `${JSON.stringify(line)}\n`);
