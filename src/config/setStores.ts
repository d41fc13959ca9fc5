import type { Config } from './schema.ts';

/**
 * Names of the stores in which sets may be: all but those that `replicate` alone names, which belong to Zeebe and to the search
 * engine. A backup of Zeebe lies there under `<partition>/<id>/`, which looks like a set.
 */
export function setStoreNames({ stores, clusters }: Config): string[] {
  const all = Object.values(clusters);
  const ofSets = new Set(all.map(({ store }) => store));
  const ofComponents = all.flatMap(({ replicate }) =>
    [replicate?.zeebe, replicate?.snapshots].flatMap((pair) =>
      pair === undefined ? [] : [pair.from, pair.to],
    ),
  );
  return Object.keys(stores).filter((name) => ofSets.has(name) || !ofComponents.includes(name));
}
