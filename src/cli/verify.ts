import { Command, Option } from 'commander';
import { SafepointError } from '../contract/errors.ts';
import { VERIFY_WORKFLOW } from '../contract/names.ts';
import type { VerifyInput, VerifyResult } from '../contract/verification.ts';
import type { BackupRuns } from './backupRuns.ts';
import type { CliDeps } from './deps.ts';
import { toFailure } from './failure.ts';
import { findSet } from './findSet.ts';
import { writeJson } from './json.ts';
import { requireCluster } from './names.ts';
import { printable } from './render/printable.ts';
import { workflowIdFor } from './run.ts';
import { requireWorkers, withRuns } from './withRuns.ts';

type VerifyOptions = {
  config?: string;
  cluster?: string;
  latest?: boolean;
  all?: boolean;
  sample?: string;
  json?: boolean;
};

export function verifyCommand(deps: CliDeps): Command {
  return new Command('verify')
    .description(
      'look at sets long after they were sealed: manifests, dumps to the last byte, parts, snapshots',
    )
    .argument('[id]', 'backup id; else say which sets')
    .option('--cluster <name>', 'default: every cluster; with an id where several clusters have it')
    .addOption(new Option('--latest', 'the newest set').conflicts(['all', 'sample']))
    .addOption(new Option('--all', 'every set').conflicts('sample'))
    .option('--sample <share>', 'such as 5%: those whose last check is longest ago')
    .option('--json', 'print the results as JSON')
    .action(async (backupId: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<VerifyOptions>();
      const inputs = await toInputs(deps, backupId, options);
      const { results, damaged } = await withRuns(deps, (runs) => verifyAll(runs, inputs));
      const isWhole = damaged.length === 0;
      if (options.json && isWhole) writeJson(deps.stdout, { results });
      if (!options.json && results.length > 0) deps.stdout.write(render(results));
      if (!isWhole) throw new SafepointError('VerifyFailed', damaged.join('\n'));
    });
}

async function toInputs(
  deps: CliDeps,
  backupId: string | undefined,
  options: VerifyOptions,
): Promise<VerifyInput[]> {
  const config = deps.loadConfig(options.config);
  const known = Object.keys(config.clusters);
  if (options.cluster !== undefined) requireCluster(options.cluster, known);
  const sets = options.sample ?? (options.all ? 'all' : options.latest ? 'latest' : undefined);
  if ((backupId === undefined) === (sets === undefined))
    throw new SafepointError(
      'InvalidInput',
      'give either a backup id or one of --latest, --all, --sample 5%',
    );
  if (backupId === undefined)
    return (options.cluster === undefined ? known : [options.cluster]).map((cluster) => ({ cluster, sets }));
  const [folder] = await findSet(await deps.openStores(config), backupId, options.cluster);
  const cluster = folder?.cluster ?? '';
  requireCluster(cluster, known); // its parts are asked for at the cluster
  return [{ cluster, backupId }];
}

type Verified = { results: VerifyResult[]; damaged: string[] };

/** One cluster after the other, all of them: a damaged set of one must not hide that of the next. */
async function verifyAll(runs: BackupRuns, inputs: VerifyInput[]): Promise<Verified> {
  await requireWorkers(runs);
  const verified: Verified = { results: [], damaged: [] };
  for (const input of inputs) {
    try {
      verified.results.push(await verifyOne(runs, input));
    } catch (error) {
      const { code, message } = toFailure(error);
      if (code !== 'VerifyFailed') throw error;
      verified.damaged.push(message);
    }
  }
  return verified;
}

async function verifyOne(runs: BackupRuns, input: VerifyInput): Promise<VerifyResult> {
  return await runs.execute<VerifyResult>({
    type: VERIFY_WORKFLOW,
    workflowId: workflowIdFor(VERIFY_WORKFLOW, input.cluster, new Date()),
    input,
    summary: `verify ${input.cluster} ${input.backupId ?? input.sets ?? ''}`,
  });
}

function render(results: readonly VerifyResult[]): string {
  const lines = results.map(({ cluster, sets }) => {
    const ids = sets.map(({ backupId }) => backupId).join(', ');
    return `${cluster}: ${sets.length} ${sets.length === 1 ? 'set is' : 'sets are'} whole: ${ids}`;
  });
  return printable(`${lines.join('\n')}\n`);
}
