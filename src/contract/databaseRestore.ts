import type { StoredArtifact } from './backup.ts';

/** A dump of a set, and where to read it. */
export type DumpSource = {
  /** Cluster of the set; it names the private key of an encrypted dump too. */
  cluster: string;
  backupId: string;
  artifact: StoredArtifact;
  /** Names of the stores to read it from, the best first; those that the manifest names and the config has. */
  stores: string[];
};

/** Input of `checkTargetDatabase`. */
export type CheckDatabaseInput = { cluster: string; source: DumpSource; restoreId: string };

/** What is in a dump, as it was read to its last byte. */
export type DumpOutline = {
  /** Version of the server that was dumped, `15.18`. `null`: the dump does not tell. */
  serverVersion: string | null;
  /** Roles that the dump creates. */
  roles: string[];
  /** Databases that the dump creates. */
  databases: string[];
  /** `postgres` and `template1`, which every server has, where the dump has objects in them. */
  builtIn: string[];
};

/** A dump that was read whole, and a server that can take it. */
export type CheckedDatabase = {
  /** Name in the config, `web-modeler`. */
  database: string;
  /** `host:port` of the server that takes it. */
  server: string;
  /** The store in which the dump was seen whole. */
  store: string;
  outline: DumpOutline;
  /** Databases that an unfinished restore of ours, or for a drill another drill, left; they are dropped first. */
  leftOver: string[];
  /** Roles of the dump that the server has; they stay as they are, passwords included. */
  keptRoles: string[];
  /** The same restore was here already, and finished. */
  isDone: boolean;
};

/** Input of `restoreDatabase`. `restoreId`: the same for all tries of one restore, without spaces. */
export type RestoreDatabaseInput = {
  cluster: string;
  source: DumpSource;
  restoreId: string;
  checked: CheckedDatabase;
};

export type RestoredDatabase = {
  database: string;
  server: string;
  databases: { name: string; tables: number; sizeBytes: number }[];
  keptRoles: string[];
  tookMs: number;
};

/** Input of `drillDatabase`. */
export type DrillDatabaseInput = { source: DumpSource; runId: string };

export type DrilledDatabase = RestoredDatabase & { queries: QueryAnswer[] };

export type QueryAnswer = {
  database: string;
  sql: string;
  expect: string;
  /** What it answered, or why it did not; at most 200 characters. */
  seen: string;
  ok: boolean;
};
