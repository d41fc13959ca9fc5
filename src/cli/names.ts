import { SafepointError } from '../contract/errors.ts';

/** Fails with `InvalidInput`, naming what exists. */
export function requireCluster(cluster: string, known: string[]): void {
  requireName('cluster', cluster, known);
}

/** Fails with `InvalidInput`, naming what exists. */
export function requireStore(store: string, known: string[]): void {
  requireName('store', store, known);
}

function requireName(kind: string, name: string, known: string[]): void {
  if (known.includes(name)) return;
  throw new SafepointError(
    'InvalidInput',
    `no ${kind} ${JSON.stringify(name)}; there are ${known.join(', ') || 'none'}`,
  );
}
