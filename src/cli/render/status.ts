import type { ClusterStatus, OpenTrial, RunningBackup, RunningStep, StatusReport } from '../statusReport.ts';
import { printable } from './printable.ts';
import { renderTable, showSpan, showTime } from './table.ts';

const HEAD = ['', 'cluster', 'last good set', 'age', 'running', 'next run'];

/** One line a cluster, and below it what is wrong, if anything. */
export function renderStatus({ clusters, workers, problems }: StatusReport, nowMs: number): string {
  const rows = clusters.map((status) => [
    status.problems.length === 0 ? '✔' : '✖',
    status.cluster,
    status.lastGood?.backupId ?? 'none',
    age(status.lastGood?.completedAt, nowMs),
    [
      ...status.running.map((run) => showRunning(run, nowMs)),
      ...status.trials.map((run) => showTrial(run, nowMs)),
    ].join(', '),
    showTime(status.nextAt),
  ]);
  const wrong = [
    ...problems,
    ...clusters.flatMap((status: ClusterStatus) =>
      status.problems.map((problem) => `${status.cluster}: ${problem}`),
    ),
  ];
  const verdict = wrong.length === 0 ? 'All is well.' : 'What is wrong:';
  const trials = clusters.flatMap((status) =>
    status.trials.flatMap((trial) => describeTrial(status.cluster, trial)),
  );
  const restores = trials.length === 0 ? [] : ['Restores:', ...trials, ''];
  const count = workers === null ? [] : [`${workers} ${workers === 1 ? 'worker' : 'workers'}`, ''];
  return printable(
    `${[renderTable(rows, HEAD), '', ...count, ...restores, verdict, ...wrong.map((problem) => `  ${problem}`)].join('\n')}\n`,
  );
}

/** `1795399832: zeebe 41s` */
function showRunning(
  { backupId, workflowId, stage, steps, startedAt }: RunningBackup,
  nowMs: number,
): string {
  const now = showSteps(steps, startedAt, nowMs);
  return `${backupId ?? workflowId}: ${now === '' ? `${stage ?? 'no worker answers'} ${age(startedAt, nowMs)}` : now}`;
}

/** `restore of 1795399832: delete indices 41s`, `drill drill-prod-2026-11-25T02-00-00-aa11 41s` */
function showTrial(
  { kind, backupId, workflowId, stage, steps, startedAt }: OpenTrial,
  nowMs: number,
): string {
  if (kind === 'drill') return `drill ${workflowId} ${age(startedAt, nowMs)}`;
  const now = showSteps(steps, startedAt, nowMs);
  const what = backupId === null ? workflowId : `of ${backupId}`;
  return `restore ${what}: ${now === '' ? `${stage ?? 'no worker answers'} ${age(startedAt, nowMs)}` : now}`;
}

/** What a person has to do about it, or why its step takes so long; nothing while there is neither. */
function describeTrial(cluster: string, { backupId, workflowId, approveWith, steps }: OpenTrial): string[] {
  const which = `  ${cluster}: set ${backupId ?? workflowId}`;
  if (approveWith !== null) return [`${which} waits for approval: ${approveWith}`];
  return steps.flatMap(({ name, note }) => (note === null ? [] : [`${which}, ${name}: ${note}`]));
}

function showSteps(steps: readonly RunningStep[], startedAt: string, nowMs: number): string {
  return steps.map(({ name, since }) => `${name} ${age(since ?? startedAt, nowMs)}`).join(' and ');
}

function age(iso: string | null | undefined, nowMs: number): string {
  if (iso === null || iso === undefined) return '';
  return showSpan(Math.max(0, Math.round((nowMs - Date.parse(iso)) / 1000) * 1000));
}
