import { SafepointError } from '../contract/errors.ts';

/** Fails with `InvalidInput`, naming what exists. */
export function requireCluster(cluster: string, known: string[]): void {
  if (known.includes(cluster)) return;
  throw new SafepointError(
    'InvalidInput',
    `no cluster ${JSON.stringify(cluster)}; there are ${known.join(', ') || 'none'}`,
  );
}
