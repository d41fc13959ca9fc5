/** A set as far as the choice needs it; `checkedAt`: the last check, or when it was sealed. */
export type CheckedSet = { backupId: string; checkedAt: string };

/** `latest`, `all` or a share; `null` for a text that is none of them. Shares from above 0 to 1. */
export function parseSets(text: string): 'latest' | 'all' | { share: number } | null {
  if (text === 'latest' || text === 'all') return text;
  const percent = /^(\d{1,3}(?:\.\d{1,3})?)\s?%$/.exec(text)?.[1];
  const share = Number(percent) / 100;
  return percent !== undefined && share > 0 && share <= 1 ? { share } : null;
}

/**
 * The sets to look at. A share takes those whose last check is longest ago, at least one: 5% each night has seen every set after
 * twenty nights, which no random choice promises. `newestFirst`: all that are backups.
 */
export function chooseSets(
  newestFirst: readonly CheckedSet[],
  which: 'latest' | 'all' | { share: number },
): string[] {
  const idsOf = (sets: readonly CheckedSet[]) => sets.map(({ backupId }) => backupId);
  if (which === 'latest') return idsOf(newestFirst.slice(0, 1));
  if (which === 'all') return idsOf(newestFirst);
  const longestAgo = newestFirst.toSorted((left, right) => left.checkedAt.localeCompare(right.checkedAt));
  return idsOf(longestAgo.slice(0, Math.ceil(which.share * newestFirst.length)));
}
