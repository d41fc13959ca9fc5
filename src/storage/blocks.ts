/** How many still read from a block. One that is not in here is left to the garbage collector. */
const readers = new WeakMap<ArrayBufferLike, number>();

/**
 * A block of memory that is given back by its last reader, at once: the garbage collector alone would let some ten of them
 * stand around.
 */
export function takeBlock(sizeBytes: number): Buffer<ArrayBuffer> {
  const block = Buffer.allocUnsafeSlow(sizeBytes);
  readers.set(block.buffer, 1);
  return block;
}

/** For a block that goes on to several readers, before the first of them has it. */
export function shareBlock(bytes: Buffer, count: number): void {
  if (readers.has(bytes.buffer)) readers.set(bytes.buffer, count);
}

/**
 * For a reader that is done, with all that it had begun: after the last one the block is empty, and who still reads it fails.
 * After a failure a block is not given back, as a connection may still be at it.
 */
export function giveBackBlock(bytes: Buffer): void {
  const left = (readers.get(bytes.buffer) ?? 0) - 1;
  if (left > 0) readers.set(bytes.buffer, left);
  if (left === 0 && bytes.buffer instanceof ArrayBuffer) bytes.buffer.transfer(0);
}
