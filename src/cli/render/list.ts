import type { CatalogEntry } from '../../storage/catalogEntry.ts';
import { printable } from './printable.ts';
import { renderTable, showSize, showSpan, showTime } from './table.ts';

const HEAD = [
  'backup id',
  'cluster',
  'state',
  'when',
  'window',
  'size',
  'checked',
  'proven',
  'procedure',
  'store',
  'remarks',
];

/** More names of strangers than a person reads. */
const SHOWN_STRANGERS = 10;

export function renderList(
  entries: readonly CatalogEntry[],
  strangers: readonly { location: string }[] = [],
): string {
  const rows = entries.map((entry) => [
    entry.backupId,
    entry.cluster,
    entry.state,
    showTime(entry.completedAt ?? entry.startedAt),
    showSpan(entry.windowMs),
    showSize(entry.sizeBytes),
    showCheck(entry.check),
    showProof(entry.proof),
    entry.procedure ?? '',
    entry.store,
    [
      ...(entry.held ? ['held'] : []),
      ...(entry.restoring ? ['a restore has begun from it'] : []),
      ...entry.reasons,
    ].join('; '),
  ]);
  const table = rows.length === 0 ? 'No backup sets.' : renderTable(rows, HEAD);
  return `${[table, ...renderStrangers(strangers)].join('\n')}\n`;
}

/** The day of the last check; a failed one is spelled out. */
function showCheck(check: CatalogEntry['check']): string {
  if (check === null) return '';
  return check.ok ? check.at.slice(0, 10) : `FAILED ${check.at.slice(0, 10)}`;
}

/** How deep the last restore or drill went that was good, and when. */
function showProof(proof: CatalogEntry['proof']): string {
  return proof === null ? '' : `${proof.level} ${proof.at.slice(0, 10)}`;
}

function renderStrangers(strangers: readonly { location: string }[]): string[] {
  if (strangers.length === 0) return [];
  const more = strangers.length - SHOWN_STRANGERS;
  return [
    '',
    'Beside the sets, not of Safepoint and never touched:',
    ...strangers.slice(0, SHOWN_STRANGERS).map(({ location }) => printable(`  ${location}`)),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}
