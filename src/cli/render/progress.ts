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
  const before = (status.failedSets ?? []).map(
    ({ backupId, code }) => `, after #${backupId} failed (${code})`,
  );
  return `backup ${set} (${status.procedure ?? 'planning'}): ${status.stage}${exporting}${before.join('')}`;
}

function toRow(line: ViewLine, nowMs: number): string[] {
  return [
    MARKS[line.state],
    line.inWindow ? `  ${line.name}` : line.name,
    line.state,
    line.since?.slice(11, 19) ?? '',
    showSpan(tookMs(line, nowMs) || undefined),
    showSize(line.sizeBytes),
    line.problem ?? line.note ?? '',
  ];
}

function tookMs(line: ViewLine, nowMs: number): number | undefined {
  if (line.state !== 'running' || line.since === undefined) return line.tookMs;
  return Math.max(0, Math.floor((nowMs - Date.parse(line.since)) / 1000) * 1000);
}

/**
 * One line for each line of the run that differs in state from what `shown` remembers of this set, by time; for pipes and CI.
 */
export function renderChanges(view: RunView, shown: Map<string, string>): string[] {
  const { backupId } = view.status;
  const keyOf = ({ name }: ViewLine) => `${backupId} ${name}`;
  const changed = linesOf(view).filter(
    (line) => line.state !== 'waiting' && shown.get(keyOf(line)) !== line.state,
  );
  changed.sort((left, right) => (left.since ?? '').localeCompare(right.since ?? ''));
  return changed.map((line) => {
    shown.set(keyOf(line), line.state);
    const opened = line.name === 'preflight' && line.state === 'complete' && backupId !== null;
    const facts = [
      showSpan(line.tookMs),
      showSize(line.sizeBytes),
      opened ? `set ${backupId}` : '',
      line.problem ?? line.note ?? '',
    ];
    const text = facts.filter((fact) => fact !== '').join(', ');
    return printable(
      `${line.since ?? ''} ${line.name} ${line.state}${text === '' ? '' : `: ${text}`}`.trimStart(),
    );
  });
}

/** What is at work, one line each, for when nothing has changed for long: a log that stands still looks like one that hangs. */
export function renderStill(view: RunView, nowMs: number): string[] {
  const running = linesOf(view).filter(({ state, name }) => state === 'running' && name !== 'window');
  const now = new Date(nowMs).toISOString();
  return running.map((line) => {
    const note = line.note === undefined ? '' : `: ${line.note}`;
    return printable(`${now} ${line.name} running for ${showSpan(tookMs(line, nowMs))}${note}`);
  });
}
