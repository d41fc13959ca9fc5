/** A large object needs up to this much memory on its way, see `multipart.ts`. */
const LARGEST_COST_BYTES = 32 * 1024 ** 2;
const BUDGET_BYTES = 3 * LARGEST_COST_BYTES;
const MOST_AT_ONCE = 16;

/**
 * Works on items side by side: up to three large ones or sixteen small ones. The first failure stops the start of others; it is
 * thrown when those at work have ended.
 */
export async function sideBySide<T extends { sizeBytes: number }>(
  items: Iterable<T>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const atWork = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let usedBytes = 0;
  for (const item of items) {
    const cost = Math.min(item.sizeBytes, LARGEST_COST_BYTES);
    while (atWork.size >= MOST_AT_ONCE || (atWork.size > 0 && usedBytes + cost > BUDGET_BYTES))
      await Promise.race(atWork);
    if (failures.length > 0) break;
    usedBytes += cost;
    const working = work(item)
      .catch((error: unknown) => void failures.push(error))
      .then(() => {
        usedBytes -= cost;
        atWork.delete(working);
      });
    atWork.add(working);
  }
  await Promise.all(atWork);
  if (failures.length > 0) throw failures[0];
}
