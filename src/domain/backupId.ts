/** Web applications up to 8.7 parse the id of the path as a 32-bit integer. */
const LARGEST_OLD_ID = 2n ** 31n - 1n;

export type IdDecision = { id: string } | { refused: string };

/**
 * Chooses the backup id: unix seconds, but greater than every id seen in any part, index snapshot or store.
 * A requested id must obey the same rule. Camunda remembers failed and deleted ids for ever (camunda-docs, "Create a
 * backup", step 1), so `seenIds` should hold them too as far as they show. Ids are decimal digits, compared as integers.
 */
export function chooseBackupId(options: {
  requested: string | null;
  nowMs: number;
  seenIds: readonly string[];
  /** Up to 8.7, where an id past 2^31 - 1 breaks the web applications. */
  narrowIds: boolean;
}): IdDecision {
  const newest = newestId(options.seenIds);
  if (options.requested !== null && BigInt(options.requested) <= newest) {
    return {
      refused: `backup id ${options.requested} is not greater than ${newest}, the newest one seen; leave it out or give one from ${newest + 1n} on`,
    };
  }
  const unixSeconds = BigInt(Math.floor(options.nowMs / 1000));
  const id = options.requested !== null ? BigInt(options.requested) : max(unixSeconds, newest + 1n);
  if (options.narrowIds && id > LARGEST_OLD_ID) {
    return {
      refused: `backup id ${id} is beyond ${LARGEST_OLD_ID}, the largest that Operate and Tasklist up to 8.7 understand; the newest one seen is ${newest}`,
    };
  }
  return { id: id.toString() };
}

/** The greatest id as an integer; 0 when none was seen. */
export function newestId(ids: readonly string[]): bigint {
  return ids.map((id) => BigInt(id)).reduce(max, 0n);
}

/** Ascending, by value; ids are decimal digits that may pass 2^53. */
export function compareIds(a: string, b: string): number {
  const [left, right] = [BigInt(a), BigInt(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
