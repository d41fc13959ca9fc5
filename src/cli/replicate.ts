import { setTimeout as delay } from 'node:timers/promises';
import { Command, Option } from 'commander';
import { ReplicateInput, type ReplicateResult } from '../contract/replica.ts';
import { SafepointError } from '../contract/errors.ts';
import type { RunRef } from '../system/runs.ts';
import type { BackupRuns } from './backupRuns.ts';
import type { CliDeps, Finish } from './deps.ts';
import { EXIT, type ExitCode } from './exitCodes.ts';
import { writeJson } from './json.ts';
import { printable } from './render/printable.ts';
import { renderReplicas } from './render/replicas.ts';
import { renderDetached, renderInterrupted } from './render/result.ts';

type ReplicateOptions = { verify?: boolean; detach?: boolean; json?: boolean };

const POLL_MS = 2_000;

export function replicateCommand(deps: CliDeps, finish: Finish): Command {
  return new Command('replicate')
    .description(
      'copy the backup of Zeebe and the snapshot repository to where `replicate` of the cluster says; a worker does the work',
    )
    .argument('<cluster>', 'name of a cluster in the config of the worker')
    .argument('[id]', 'backup id; default: the newest complete set')
    .option('--verify', 'read every object of the copy back, those that were there before too')
    .option('--wait', 'show the progress until the run ends (default)')
    .addOption(new Option('--detach', 'print the workflow id and return').conflicts('wait'))
    .option('--json', 'print the result as JSON; progress goes to stderr')
    .action(async (cluster: string, id: string | undefined, options: ReplicateOptions) => {
      finish(await run(deps, toInput(cluster, id, options), options));
    });
}

async function run(
  deps: CliDeps,
  input: ReplicateInput,
  { detach, json }: ReplicateOptions,
): Promise<ExitCode> {
  const runs = await deps.connect();
  try {
    const ref = await runs.startReplicate(input);
    const { namespace } = runs;
    if (detach) {
      if (json) writeJson(deps.stdout, { ...ref, namespace });
      else deps.stdout.write(renderDetached(ref, namespace));
      return EXIT.complete;
    }
    const result = await wait(deps, runs, ref);
    if (result === null) {
      deps.stderr.write(renderInterrupted(ref, namespace));
      if (json) writeJson(deps.stdout, { ...ref, namespace });
      return EXIT.interrupted;
    }
    if (json) writeJson(deps.stdout, { ...ref, namespace, result });
    else deps.stdout.write(renderReplicas(result));
    return EXIT.complete;
  } finally {
    await runs.close();
  }
}

/** Tells of each step when it changes; `null` when the person at the terminal has seen enough. */
async function wait(deps: CliDeps, runs: BackupRuns, ref: RunRef): Promise<ReplicateResult | null> {
  const signal = deps.catchInterrupt();
  deps.stderr.write(`started ${ref.workflowId}; Ctrl-C stops watching, not the run\n`);
  const result = runs.replicateResult(ref);
  const ended = result.then(
    () => 'ended' as const,
    () => 'ended' as const,
  );
  let said = '';
  for (;;) {
    const notes = await runs.readNotes(ref).catch(() => []);
    const text = notes.map((note) => note.text).join('; ');
    if (text !== '' && text !== said) deps.stderr.write(printable(`${new Date().toISOString()} ${text}\n`));
    said = text || said;
    const tick = delay(POLL_MS, 'tick' as const, { signal }).catch(() => 'interrupted' as const);
    const next = await Promise.race([ended, tick]);
    if (next === 'ended') return await result;
    if (next === 'interrupted') return null;
  }
}

function toInput(
  cluster: string,
  backupId: string | undefined,
  { verify }: ReplicateOptions,
): ReplicateInput {
  const parsed = ReplicateInput.safeParse({
    cluster,
    ...(backupId === undefined ? {} : { backupId }),
    ...(verify === true ? { readBack: true } : {}),
  });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new SafepointError('InvalidInput', problems.join('; '));
}
