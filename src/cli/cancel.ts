import { Command } from 'commander';
import { SafepointError } from '../contract/errors.ts';
import type { BackupRuns } from './backupRuns.ts';
import type { CliDeps, Finish } from './deps.ts';
import { EXIT, type ExitCode } from './exitCodes.ts';
import { toFailure } from './failure.ts';
import { writeJson } from './json.ts';
import { createProgress } from './progress.ts';
import { printable } from './render/printable.ts';
import type { OpenRun, RunEnd } from './runsOverview.ts';
import { watchRun } from './watch.ts';

type CancelOptions = { run?: string; json?: boolean };

export function cancelCommand(deps: CliDeps, finish: Finish): Command {
  return new Command('cancel')
    .description(
      'cancel the backup of a cluster that runs, and wait until exporting is resumed and the set marked as failed',
    )
    .argument('<cluster>', 'name of a cluster')
    .option('--run <workflow id>', 'which run, where several of the cluster are open')
    .option('--json', 'print how it ended as JSON')
    .action(async (cluster: string, options: CancelOptions) => {
      const runs = await deps.connect();
      try {
        const run = chooseRun(await runs.listOpen(cluster), cluster, options.run);
        await runs.cancel(run);
        finish(await waitForEnd(deps, runs, run));
        const end = await runs.readEnd(run);
        const { workflowId, runId } = run;
        if (options.json) writeJson(deps.stdout, { workflowId, runId, cluster, end });
        else deps.stdout.write(renderEnd(workflowId, end));
      } finally {
        await runs.close();
      }
    });
}

function chooseRun(open: readonly OpenRun[], cluster: string, wanted: string | undefined): OpenRun {
  const names = open.map(({ workflowId }) => workflowId).join(', ');
  const chosen = wanted === undefined ? open : open.filter(({ workflowId }) => workflowId === wanted);
  const [run] = chosen;
  if (run !== undefined && chosen.length === 1) return run;
  if (chosen.length > 1)
    throw new SafepointError(
      'InvalidInput',
      `several runs of ${cluster} are open: ${names}; choose with --run`,
    );
  throw new SafepointError(
    'InvalidInput',
    open.length === 0
      ? `no backup of ${JSON.stringify(cluster)} runs; \`safepoint status\` shows what does`
      : `no open run ${JSON.stringify(wanted)} of ${cluster}; there are ${names}`,
  );
}

/** How the run ended is asked for afterwards; here it counts only whether somebody saw it end. */
async function waitForEnd(deps: CliDeps, runs: BackupRuns, run: OpenRun): Promise<ExitCode> {
  const interrupt = deps.catchInterrupt();
  const progress = createProgress(deps.stderr);
  progress.say(`asked ${run.workflowId} to cancel; Ctrl-C stops watching, it ends all the same`);
  try {
    await watchRun(runs, run, progress, { signal: interrupt });
    return EXIT.failed; // it was complete before the cancel came
  } catch (error) {
    if (interrupt.aborted) return EXIT.interrupted;
    const { code, exitCode } = toFailure(error);
    if (exitCode === EXIT.unreachable) throw error;
    return code === 'BackupCancelled' ? EXIT.complete : EXIT.failed;
  } finally {
    progress.end();
  }
}

function renderEnd(workflowId: string, { state, problem }: RunEnd): string {
  const words = {
    cancelled: 'cancelled: exporting runs, and the set is no backup',
    running: 'is being cancelled',
  } as Partial<Record<RunEnd['state'], string>>;
  const why = state !== 'cancelled' && problem !== null ? `; ${problem}` : '';
  return printable(`${workflowId} ${words[state] ?? `ended as ${state}, before the cancel came${why}`}\n`);
}
