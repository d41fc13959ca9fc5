import type { ClusterConfig, DatabaseConfig } from './schema.ts';

/** The server that a dump is restored into: one of its own for restores, else the one that it came from. */
export function restoreServer(
  { restore, databases }: ClusterConfig,
  database: string,
): DatabaseConfig | undefined {
  return restore?.databases[database] ?? databases[database];
}
