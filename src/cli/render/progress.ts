import { linesOf, looseNotes, type RunView, type ViewLine } from '../runView.ts';
import { printable } from './printable.ts';
import { renderTable, showSize, showSpan } from './table.ts';

const MARKS = { waiting: '○', running: '●', complete: '✔', failed: '✖' } as const;

/** The whole run as a table, for a terminal. Times of day are UTC. */
export function renderProgress(view: RunView, nowMs: number): string {
  const rows = linesOf(view).map((line) => toRow(line, nowMs));
  const table = renderTable(rows, [
    '',
    'part',
    'state',
    'since',
    'took',
    'size',
    'progress, or what is wrong',
  ]);
  const notes = looseNotes(view).map((note) => `  ${note}`);
  return printable([headline(view), '', table, ...notes].join('\n'));
}

function headline({ status, window }: RunView): string {
  const set = status.backupId === null ? status.cluster : `${status.cluster} #${status.backupId}`;
  const exporting = window === null || status.stage !== 'window' ? '' : `, exporting ${window.exporting}`;
  return `backup ${set} (${status.procedure ?? 'planning'}): ${status.stage}${exporting}`;
}

function toRow(line: ViewLine, nowMs: number): string[] {
  return [
    MARKS[line.state],
    line.inWindow ? `  ${line.name}` : line.name,
    line.state,
    line.since?.slice(11, 19) ?? '',
    showSpan(tookMs(line, nowMs)),
    showSize(line.sizeBytes),
    line.problem ?? line.note ?? '',
  ];
}

function tookMs(line: ViewLine, nowMs: number): number | undefined {
  if (line.state !== 'running' || line.since === undefined) return line.tookMs;
  return Math.max(0, Math.floor((nowMs - Date.parse(line.since)) / 1000) * 1000);
}

/** One line for each line of the run that differs in state from what `shown` remembers, by time; for pipes and CI. */
export function renderChanges(view: RunView, shown: Map<string, string>): string[] {
  const changed = linesOf(view).filter(
    (line) => line.state !== 'waiting' && shown.get(line.name) !== line.state,
  );
  changed.sort((left, right) => (left.since ?? '').localeCompare(right.since ?? ''));
  return changed.map((line) => {
    shown.set(line.name, line.state);
    const facts = [showSpan(line.tookMs), showSize(line.sizeBytes), line.problem ?? line.note ?? ''];
    const text = facts.filter((fact) => fact !== '').join(', ');
    return printable(
      `${line.since ?? ''} ${line.name} ${line.state}${text === '' ? '' : `: ${text}`}`.trimStart(),
    );
  });
}
