import { Command } from 'commander';
import type { ReplicaRecord } from '../contract/replica.ts';
import { readCatalog } from '../storage/catalog.ts';
import type { CatalogSet } from '../storage/catalogEntry.ts';
import type { ObjectStore } from '../storage/port.ts';
import { readReplicas } from '../storage/replica/records.ts';
import type { CliDeps } from './deps.ts';
import { requireOneCluster } from './findSet.ts';
import { writeJson } from './json.ts';
import { renderRestoreCommands, renderSet } from './render/set.ts';

type ShowOptions = { config?: string; cluster?: string; restoreCommands?: boolean; json?: boolean };

export function showCommand(deps: CliDeps): Command {
  return new Command('show')
    .description('everything that the stores say of one backup set, and how to restore it')
    .argument('<id>', 'backup id')
    .option('--cluster <name>', 'needed where several clusters have the id')
    .option('--restore-commands', 'only the commands of a restore by hand, from the manifest alone')
    .option('--json', 'print the set with its manifest as JSON')
    .action(async (backupId: string, _options: unknown, command: Command) => {
      const { config: path, cluster, restoreCommands, json } = command.optsWithGlobals<ShowOptions>();
      const stores = await deps.openStores(deps.loadConfig(path));
      const wanted = cluster === undefined ? { backupId } : { backupId, cluster };
      const found = await readCatalog(stores, wanted);
      requireOneCluster(
        found.map(({ entry }) => entry.cluster),
        backupId,
      );
      if (restoreCommands && !json) {
        deps.stdout.write(renderRestoreCommands(found, backupId));
        return;
      }
      const sets = await Promise.all(found.map((set) => withReplicas(set, stores)));
      if (json)
        writeJson(deps.stdout, { sets: sets.map(({ entry, ...documents }) => ({ ...entry, ...documents })) });
      else deps.stdout.write(sets.map(renderSet).join('\n'));
    });
}

async function withReplicas(
  set: CatalogSet,
  stores: readonly ObjectStore[],
): Promise<CatalogSet & { replicas?: ReplicaRecord[] }> {
  const store = stores.find(({ name }) => name === set.entry.store);
  const replicas = store === undefined ? [] : await readReplicas(store, set.entry);
  return replicas.length === 0 ? set : { ...set, replicas };
}
