import { Command } from 'commander';
import { clusterStores } from '../config/clusterStores.ts';
import type { Config } from '../config/schema.ts';
import { SafepointError } from '../contract/errors.ts';
import { setKey } from '../domain/setKeys.ts';
import type { ObjectStore } from '../storage/port.ts';
import { isGood, repairSet, type RepairedObject } from '../storage/repair/repairSet.ts';
import type { CliDeps, Finish } from './deps.ts';
import { EXIT } from './exitCodes.ts';
import { writeJson } from './json.ts';
import { requireCluster } from './names.ts';
import { printable } from './render/printable.ts';
import { renderTable } from './render/table.ts';

type RepairOptions = { config?: string; cluster?: string; dryRun?: boolean; json?: boolean };

export function repairCommand(deps: CliDeps, finish: Finish): Command {
  return new Command('repair')
    .description(
      'copies what a store of the cluster lacks of a backup set, or has damaged, from one that has it; every byte is verified',
    )
    .argument('<id>', 'backup id')
    .option('--cluster <name>', 'needed where several clusters have the id')
    .option('--dry-run', 'look only')
    .option('--json', 'print every object in every store as JSON')
    .action(async (backupId: string, _options: unknown, command: Command) => {
      const {
        config: path,
        cluster: wanted,
        dryRun = false,
        json,
      } = command.optsWithGlobals<RepairOptions>();
      const config = deps.loadConfig(path);
      const all = await deps.openStores(config);
      const cluster = wanted ?? (await findCluster(config, all, backupId));
      requireCluster(cluster, Object.keys(config.clusters));
      const objects = await repairSet({
        cluster,
        backupId: requireId(backupId),
        stores: storesOf(config, all, cluster),
        dryRun,
        report: (doing) => deps.stderr.write(printable(`${doing}\n`)),
      });
      const whole = objects.every(isGood);
      if (!whole) finish(EXIT.partial);
      if (json) writeJson(deps.stdout, { cluster, backupId, dryRun, whole, objects });
      else deps.stdout.write(render(objects, whole, `set ${backupId} of ${cluster}`));
    });
}

/** The store that leads, then the copies. */
function storesOf(config: Config, all: readonly ObjectStore[], cluster: string): ObjectStore[] {
  const settings = config.clusters[cluster];
  const names = settings === undefined ? [] : clusterStores(settings);
  return names.flatMap((name) => all.filter((each) => each.name === name));
}

async function findCluster(config: Config, all: readonly ObjectStore[], backupId: string): Promise<string> {
  const prefix = (cluster: string) => setKey(cluster, requireId(backupId), '');
  const clusters = Object.keys(config.clusters);
  const having = await Promise.all(
    clusters.map(async (cluster) => {
      const stores = storesOf(config, all, cluster);
      const found = await Promise.all(stores.map((store) => hasAny(store, prefix(cluster))));
      return found.includes(true) ? [cluster] : [];
    }),
  );
  const [only, ...others] = having.flat();
  if (only !== undefined && others.length === 0) return only;
  const message =
    only === undefined
      ? `no set ${backupId} of a cluster of the config in a store that answers; \`safepoint list\` shows those that exist`
      : `the id ${backupId} exists in ${[only, ...others].join(' and ')}; choose with --cluster`;
  throw new SafepointError('InvalidInput', message);
}

/** A store that does not answer is told about later. */
async function hasAny(store: ObjectStore, prefix: string): Promise<boolean> {
  try {
    for await (const _ of store.list(prefix)) return true;
  } catch {
    return false;
  }
  return false;
}

/** What a person typed must not lead out of the store. */
function requireId(backupId: string): string {
  if (/^\d+$/.test(backupId)) return backupId;
  throw new SafepointError(
    'InvalidInput',
    `${JSON.stringify(backupId)} is no backup id, which has digits only`,
  );
}

function render(objects: readonly RepairedObject[], whole: boolean, set: string): string {
  const rows = objects.map(({ name, store, state, done, from, why }) => [
    name,
    store,
    state,
    from === undefined ? done : `${done} from ${from}`,
    why ?? '',
  ]);
  const end = whole ? `Every store has ${set}.` : `Not every store has ${set}.`;
  return printable(`${renderTable(rows, ['object', 'store', 'found', 'done', 'why'])}\n\n${end}\n`);
}
