/**
 * Frees the memory of bytes that nobody reads any more, and leaves them empty. Left to itself the garbage collector goes through
 * all of the heap for each 14 MB that are read from a program (docs/decisions/0025-memory-of-dumps.md). Leaves alone what shares
 * its memory with others. Never for bytes that a connection or a file may still be writing: it would write what comes after them.
 */
export function freeAtOnce({ buffer, byteOffset, byteLength }: Buffer): void {
  const isWhole = byteOffset === 0 && byteLength === buffer.byteLength;
  if (isWhole && buffer instanceof ArrayBuffer) buffer.transfer(0);
}
