import { restoreServer } from '../../config/restoreServer.ts';
import type { ClusterConfig, Config } from '../../config/schema.ts';
import type { DumpSource } from '../../contract/databaseRestore.ts';
import type { Manifest } from '../../contract/manifest.ts';
import type { Finding } from '../../contract/preflight.ts';
import type { PlannedDatabase } from '../../contract/restore.ts';
import type { ChosenSet } from './chooseSet.ts';

/** Where each dump goes; what has no place to go to, or lies nowhere, becomes a finding. */
export function planDatabases(
  config: Config,
  set: ChosenSet,
  target: ClusterConfig,
  findings: Finding[],
): PlannedDatabase[] {
  return set.manifest.artifacts.flatMap((artifact): PlannedDatabase[] => {
    const { database } = artifact;
    const server = restoreServer(target, database);
    const source = dumpSourceOf(config, set, artifact);
    if (server !== undefined && source.stores.length > 0)
      return [{ database, source, target: `${server.host}:${server.port}` }];
    const seen =
      server === undefined
        ? `the config of the target has no server for database ${database}`
        : `${artifact.name} lies in ${artifact.stores?.join(', ') ?? ''}, which the config has not`;
    const fix = 'name the server under `restore.databases`, and the store under `stores`';
    findings.push({ check: `database.${database}`, ok: false, severity: 'error', seen, fix });
    return [];
  });
}

/** A dump of the set, with the stores that should have it and that the config knows. */
export function dumpSourceOf(
  { stores: known }: Pick<Config, 'stores'>,
  { manifest: { cluster, backupId }, at }: Pick<ChosenSet, 'manifest' | 'at'>,
  artifact: Manifest['artifacts'][number],
): DumpSource {
  const stores = (artifact.stores ?? [at.store]).filter((name) => Object.hasOwn(known, name));
  return { cluster, backupId, artifact, stores };
}
