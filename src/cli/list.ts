import { Command } from 'commander';
import { readCatalog } from '../storage/catalog.ts';
import type { CliDeps } from './deps.ts';
import { writeJson } from './json.ts';
import { requireCluster } from './names.ts';
import { renderList } from './render/list.ts';

export function listCommand(deps: CliDeps): Command {
  return new Command('list')
    .description('the backup sets in the stores, newest first')
    .argument('[cluster]', 'default: every cluster')
    .option('--json', 'print the list as JSON')
    .action(async (cluster: string | undefined, _options: unknown, command: Command) => {
      const { config: path, json } = command.optsWithGlobals<{ config?: string; json?: boolean }>();
      const config = deps.loadConfig(path);
      const sets = await readCatalog(await deps.openStores(config), cluster === undefined ? {} : { cluster });
      // A cluster that left the config still has its sets.
      if (cluster !== undefined && sets.length === 0) requireCluster(cluster, Object.keys(config.clusters));
      const entries = sets.map(({ entry }) => entry);
      if (json) writeJson(deps.stdout, { sets: entries });
      else deps.stdout.write(renderList(entries));
    });
}
