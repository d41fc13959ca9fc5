import { Command, InvalidArgumentError, Option } from 'commander';
import { SET_STATES, type SetState } from '../contract/setState.ts';
import { listCatalog } from '../storage/catalog.ts';
import type { CatalogEntry } from '../storage/catalogEntry.ts';
import type { CliDeps, Finish } from './deps.ts';
import { EXIT } from './exitCodes.ts';
import { writeJson } from './json.ts';
import { requireCluster, requireStore } from './names.ts';
import { renderList } from './render/list.ts';
import { printable } from './render/printable.ts';

type ListOptions = {
  config?: string;
  state?: SetState[];
  store?: string;
  newest?: number;
  held?: boolean;
  json?: boolean;
};

export function listCommand(deps: CliDeps, finish: Finish): Command {
  return new Command('list')
    .description('the backup sets in the stores, newest first')
    .argument('[cluster]', 'default: every cluster')
    .addOption(new Option('--state <states...>', 'only sets in these states').choices(SET_STATES))
    .option('--store <name>', 'only what lies in this store')
    .option('--newest <count>', 'only so many of each cluster', toCount)
    .option('--held', 'only sets that are held')
    .option('--json', 'print the list as JSON')
    .action(async (cluster: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ListOptions>();
      const config = deps.loadConfig(options.config);
      const stores = await deps.openStores(config);
      const asked = stores.filter(({ name }) => options.store === undefined || name === options.store);
      if (asked.length === 0) requireStore(options.store ?? '', Object.keys(config.stores));
      const list = await listCatalog(asked, cluster === undefined ? {} : { cluster });
      // A cluster that left the config still has its sets.
      if (cluster !== undefined && list.entries.length === 0 && list.unreadable.length === 0)
        requireCluster(cluster, Object.keys(config.clusters));
      const sets = select(list.entries, options);
      const { strangers, unreadable } = list;
      if (options.json) writeJson(deps.stdout, { sets, strangers, unreadable });
      else deps.stdout.write(renderList(sets, strangers));
      for (const { store, reason } of unreadable)
        deps.stderr.write(printable(`Sets that only store ${store} has are missing: ${reason}\n`));
      if (unreadable.length > 0) finish(EXIT.failed);
    });
}

function select(entries: CatalogEntry[], { state, newest, held = false }: ListOptions): CatalogEntry[] {
  const chosen = entries.filter(
    (entry) => (state === undefined || state.includes(entry.state)) && (!held || entry.held),
  );
  if (newest === undefined) return chosen;
  const ids = new Map<string, Set<string>>();
  return chosen.filter(({ cluster, backupId }) => {
    const seen = ids.get(cluster) ?? new Set();
    ids.set(cluster, seen);
    if (seen.size < newest) seen.add(backupId);
    return seen.has(backupId);
  });
}

function toCount(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a number from 1 on');
}
