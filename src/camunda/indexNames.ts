import { SafepointError } from '../contract/errors.ts';

/** A request line of 4,096 bytes is the longest that the engine takes by default; path and options need some of it. */
const BATCH_BYTES = 3_000;

/** Lists for a path, each short enough for one request. */
export function inBatches(names: string[]): string[] {
  const batches: string[] = [];
  let batch = '';
  for (const name of names) {
    const longer = batch === '' ? encodeURIComponent(name) : `${batch},${encodeURIComponent(name)}`;
    if (batch === '' || longer.length <= BATCH_BYTES) {
      batch = longer;
      continue;
    }
    batches.push(batch);
    batch = encodeURIComponent(name);
  }
  return batch === '' ? batches : [...batches, batch];
}

/** What an index can be called; a pattern, an exclusion (`-x`), `_all`, a date expression and another cluster (`a:x`) are left out. */
const EXACT_NAME = /^[^-_+*?,:\\/|<>"#\s][^*?,:\\/|<>"#\s]*$/;

/** Fails with `InvalidInput`: one that names more than one index could take away what nobody meant. */
export function requireExactNames(names: string[]): void {
  const wrong = names.find((name) => !EXACT_NAME.test(name));
  if (wrong === undefined) return;
  throw new SafepointError(
    'InvalidInput',
    `${JSON.stringify(wrong)} is not the exact name of one index; nothing was touched`,
  );
}

export function startingWith(prefixes: string[]): string {
  return prefixes.map((prefix) => `${encodeURIComponent(prefix)}*`).join(',');
}
