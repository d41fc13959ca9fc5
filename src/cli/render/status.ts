import type { ClusterStatus, RunningBackup, StatusReport } from '../statusReport.ts';
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
    status.running.map((run) => showRunning(run, nowMs)).join(', '),
    showTime(status.nextAt),
  ]);
  const wrong = [
    ...problems,
    ...clusters.flatMap((status: ClusterStatus) =>
      status.problems.map((problem) => `${status.cluster}: ${problem}`),
    ),
  ];
  const verdict = wrong.length === 0 ? 'All is well.' : 'What is wrong:';
  const count = workers === null ? [] : [`${workers} ${workers === 1 ? 'worker' : 'workers'}`, ''];
  return printable(
    `${[renderTable(rows, HEAD), '', ...count, verdict, ...wrong.map((problem) => `  ${problem}`)].join('\n')}\n`,
  );
}

/** `1795399832: zeebe 41s` */
function showRunning(
  { backupId, workflowId, stage, steps, startedAt }: RunningBackup,
  nowMs: number,
): string {
  const now = steps.map(({ name, since }) => `${name} ${age(since ?? startedAt, nowMs)}`).join(' and ');
  return `${backupId ?? workflowId}: ${now === '' ? `${stage ?? 'no worker answers'} ${age(startedAt, nowMs)}` : now}`;
}

function age(iso: string | null | undefined, nowMs: number): string {
  if (iso === null || iso === undefined) return '';
  return showSpan(Math.max(0, Math.round((nowMs - Date.parse(iso)) / 1000) * 1000));
}
