type Loan = { readers: number; free: Buffer[] };

/** Blocks that somebody reads. */
const lent = new WeakMap<Buffer, Loan>();

/** Blocks of memory of one size that are used again once all their readers are done with them. */
export interface Blocks {
  /** One that nobody reads; what it holds is of no meaning. */
  take: () => Buffer;
  /** Before the first of the readers has it. What was not taken here is left alone. */
  lend: (block: Buffer, readers: number) => void;
}

/** New memory for each block would cost a run of the garbage collector, and the kernel would clear every page of it. */
export function createBlocks(sizeBytes: number): Blocks {
  const free: Buffer[] = [];
  const ours = new WeakSet<Buffer>();
  return {
    take() {
      const block = free.pop() ?? Buffer.allocUnsafeSlow(sizeBytes);
      ours.add(block);
      return block;
    },
    lend(block, readers) {
      if (ours.has(block)) lent.set(block, { readers, free });
    },
  };
}

/**
 * For a reader that is done with it, once; harmless for bytes that are no such block. A reader that fails never says it, as a
 * connection may still be at it, and one need not say it: the block is garbage then.
 */
export function giveBack(block: Buffer): void {
  const loan = lent.get(block);
  if (loan === undefined) return;
  loan.readers -= 1;
  if (loan.readers > 0) return;
  lent.delete(block);
  loan.free.push(block);
}
