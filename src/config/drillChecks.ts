import { show, type Problem } from './problems.ts';

type Fields = Record<string, unknown>;

/** A drill of level whole overwrites a cluster: another one, and one that is named for it. */
export function checkDrill(path: string[], name: string, cluster: Fields, clusters: string[]): Problem[] {
  const { drill } = cluster;
  if (typeof drill !== 'object' || drill === null) return [];
  const { into, level } = drill as Fields;
  const others = clusters.filter((other) => other !== name);
  const allowed = others.length === 0 ? 'another cluster; there is none' : `one of ${others.join(', ')}`;
  if (into === undefined)
    return level === 'whole'
      ? [{ path: [...path, 'drill', 'into'], seen: 'nothing', allowed: `${allowed}, as the level is whole` }]
      : [];
  return others.some((other) => other === into)
    ? []
    : [{ path: [...path, 'drill', 'into'], seen: show(into), allowed }];
}
