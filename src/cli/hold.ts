import { hostname, userInfo } from 'node:os';
import { Command } from 'commander';
import { SafepointError } from '../contract/errors.ts';
import type { Hold } from '../contract/setRecords.ts';
import { HOLD, setKey, TOMBSTONE } from '../domain/setKeys.ts';
import type { SetFolder } from '../storage/setFolders.ts';
import type { CliDeps } from './deps.ts';
import { findSet } from './findSet.ts';
import { writeJson, type HoldJson } from './json.ts';
import { printable } from './render/printable.ts';

type HoldOptions = { config?: string; cluster?: string; reason: string; json?: boolean };

export function holdCommand(deps: CliDeps): Command {
  return onSet(
    deps,
    'hold',
    'keep a set whatever the retention says, until `release`',
    async (folder, { reason }) => {
      if (folder.objects.has(TOMBSTONE)) throw begun(folder);
      const hold: Hold = {
        schema: 'safepoint/hold/v1',
        backupId: folder.backupId,
        reason,
        by: `${userInfo().username}@${hostname()}`,
        heldAt: new Date().toISOString(),
      };
      await folder.store.putObject(keyOf(folder), `${JSON.stringify(hold, null, 2)}\n`);
      if ((await folder.store.head(setKey(folder.cluster, folder.backupId, TOMBSTONE))) === null)
        return 'held';
      await folder.store.remove(keyOf(folder)); // or what the deletion leaves would stay for ever
      throw begun(folder);
    },
  ).requiredOption('--reason <text>', 'why; shown by `list` and `prune`');
}

export function releaseCommand(deps: CliDeps): Command {
  return onSet(deps, 'release', 'let the retention decide about a held set again', async (folder) => {
    await folder.store.remove(keyOf(folder));
    return 'released';
  });
}

function begun({ backupId, cluster }: SetFolder): SafepointError {
  return new SafepointError(
    'InvalidInput',
    `the deletion of set ${backupId} has begun; \`safepoint list ${cluster}\` shows whether it went on, then hold it again if it is still a backup`,
  );
}

function keyOf({ cluster, backupId }: SetFolder): string {
  return setKey(cluster, backupId, HOLD);
}

/** A command that does the same to a set in every store that has it. */
function onSet(
  deps: CliDeps,
  verb: string,
  description: string,
  act: (folder: SetFolder, options: HoldOptions) => Promise<HoldJson['done']>,
): Command {
  return new Command(verb)
    .description(description)
    .argument('<id>', 'backup id')
    .option('--cluster <name>', 'needed where several clusters have the id')
    .option('--json', 'print what was done as JSON')
    .action(async (backupId: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<HoldOptions>();
      const folders = await findSet(
        await deps.openStores(deps.loadConfig(options.config)),
        backupId,
        options.cluster,
      );
      let done: HoldJson['done'] = 'held';
      for (const folder of folders) done = await act(folder, options);
      const cluster = folders[0]?.cluster ?? '';
      const stores = folders.map(({ store }) => store.name);
      if (options.json) writeJson(deps.stdout, { cluster, backupId, stores, done });
      else deps.stdout.write(printable(`${done}: set ${backupId} of ${cluster}, in ${stores.join(', ')}\n`));
    });
}
