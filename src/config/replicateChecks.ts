import { show, type Problem } from './problems.ts';

type Fields = Record<string, unknown>;

const KINDS = ['zeebe', 'snapshots'] as const;

/** Names that exist, and places that are not in one another; anything else would copy the copy, or over it. */
export function checkReplicate(path: string[], cluster: Fields, stores: Fields): Problem[] {
  if (cluster.replicate === undefined) return [];
  const replicate = fieldsOf(cluster.replicate);
  const at = [...path, 'replicate'];
  if (KINDS.every((kind) => replicate[kind] === undefined))
    return [{ path: at, seen: 'neither', allowed: 'zeebe or snapshots, or both' }];
  return KINDS.flatMap((kind) => {
    const pair = fieldsOf(replicate[kind]);
    const unknown = ['from', 'to'].filter(
      (side) => typeof pair[side] === 'string' && !isKnown(pair[side], stores),
    );
    const names = unknown.map((side) => ({
      path: [...at, kind, side],
      seen: show(pair[side]),
      allowed: `one of ${Object.keys(stores).join(', ')}`,
    }));
    return [...names, ...checkPlaces([...at, kind], pair, { kind, cluster, stores })];
  });
}

type Context = { kind: (typeof KINDS)[number]; cluster: Fields; stores: Fields };

function checkPlaces(at: string[], { from, to }: Fields, { kind, cluster, stores }: Context): Problem[] {
  if (!isKnown(from, stores) || !isKnown(to, stores)) return [];
  const meet = (one: string, other: string) => {
    const [left, right] = [placeOf(stores[one]), placeOf(stores[other])];
    // The backups of Zeebe are found by their numbers, so what else lies there does not matter.
    return kind === 'zeebe' ? left === right : left.startsWith(right) || right.startsWith(left);
  };
  const apart = 'neither the same place, nor inside or around it';
  if (meet(from, to))
    return [{ path: [...at, 'to'], seen: show(to), allowed: `another place than ${from}: ${apart}` }];
  const { store } = cluster;
  if (kind === 'zeebe' || !isKnown(store, stores)) return [];
  return Object.entries({ from, to })
    .filter(([, name]) => meet(name, store))
    .map(([side, name]) => ({
      path: [...at, side],
      seen: show(name),
      allowed: `another place than ${store}, where the sets are: ${apart}`,
    }));
}

function isKnown(name: unknown, stores: Fields): name is string {
  return typeof name === 'string' && Object.hasOwn(stores, name);
}

/** The same text for the same place; it ends in a slash, so that one that begins with another lies inside it. */
function placeOf(store: unknown): string {
  const { type, path, bucket, container, account, endpoint, prefix = 'safepoint' } = fieldsOf(store);
  const folder = String(type === 'folder' ? path : prefix).replace(/\/+$/, '');
  const root = JSON.stringify([type, endpoint, account, container ?? bucket]);
  return folder === '' ? `${root}/` : `${root}/${folder}/`;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}
