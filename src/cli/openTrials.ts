import type { RestoreStatus, RestoreWindowStatus } from '../contract/restore.ts';
import type { BackupRuns } from './backupRuns.ts';
import type { OpenTrialRun } from './runsOverview.ts';
import type { OpenTrial } from './statusReport.ts';

/** Restores into the cluster, and drills of its sets. */
export async function readTrials(
  cluster: string,
  temporal: { runs: BackupRuns; trials: readonly OpenTrialRun[] } | null,
): Promise<OpenTrial[]> {
  if (temporal === null) return [];
  const { runs, trials } = temporal;
  const own = trials.filter(
    ({ kind, cluster: of, into }) => (kind === 'restore' && into !== null ? into : of) === cluster,
  );
  return await Promise.all(own.map((run) => readTrial(runs, run)));
}

async function readTrial(runs: BackupRuns, run: OpenTrialRun): Promise<OpenTrial> {
  const { kind, workflowId, runId, startedAt } = run;
  const silent: OpenTrial = {
    ...{ kind, workflowId, runId, startedAt },
    ...{ backupId: null, stage: null, approveWith: null, steps: [] },
  };
  if (kind === 'drill') return silent; // it answers no query
  const status = await runs.queryStatus<RestoreStatus>(run).catch(() => null);
  if (status === null) return silent;
  const { stage, plan, window } = status;
  return {
    ...silent,
    ...{ stage, backupId: plan?.backupId ?? null },
    approveWith:
      stage === 'approval' && plan !== null ? `safepoint approve ${workflowId} ${plan.digest}` : null,
    steps: window === null ? [] : await readSteps(runs, window),
  };
}

/** One step runs at a time, so what the window says is about that one. */
async function readSteps(
  runs: BackupRuns,
  window: NonNullable<RestoreStatus['window']>,
): Promise<OpenTrial['steps']> {
  const [status, notes] = await Promise.all([
    runs.queryStatus<RestoreWindowStatus>(window).catch(() => null),
    runs.readNotes(window).catch(() => []),
  ]);
  const working = status?.lines.filter(({ state }) => state === 'running') ?? [];
  return working.map(({ name, since }) => ({ name, since: since ?? null, note: notes[0]?.text ?? null }));
}
