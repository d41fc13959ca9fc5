import Table from 'cli-table3';
import prettyBytes from 'pretty-bytes';
import prettyMilliseconds from 'pretty-ms';
import { printable } from './printable.ts';

const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Padded columns without borders, as people and `grep` like them; `head` is left out where there is none. */
export function renderTable(rows: string[][], head?: string[]): string {
  const table = new Table({
    chars: NO_BORDERS,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    ...(head === undefined ? {} : { head }),
  });
  for (const row of rows) table.push(row.map(printable));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** `1.2s`, `3m 20s`; an empty text for what is not known. */
export function showSpan(milliseconds: number | null | undefined): string {
  if (milliseconds === null || milliseconds === undefined) return '';
  return prettyMilliseconds(milliseconds, { secondsDecimalDigits: 1, unitCount: 2 });
}

/** `1.34 GB`; an empty text for what is not known. */
export function showSize(bytes: number | null | undefined): string {
  return bytes === null || bytes === undefined ? '' : prettyBytes(bytes);
}

/** `2026-11-22 02:00:00Z` */
export function showTime(iso: string | null | undefined): string {
  return iso === null || iso === undefined ? '' : `${iso.slice(0, 10)} ${iso.slice(11, 19)}Z`;
}
