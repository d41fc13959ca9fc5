import type { CatalogEntry } from '../../storage/catalog.ts';
import { renderTable, showSize, showSpan, showTime } from './table.ts';

const HEAD = ['backup id', 'cluster', 'state', 'when', 'window', 'size', 'procedure', 'store', 'remarks'];

export function renderList(entries: readonly CatalogEntry[]): string {
  if (entries.length === 0) return 'No backup sets.\n';
  const rows = entries.map((entry) => [
    entry.backupId,
    entry.cluster,
    entry.state,
    showTime(entry.completedAt ?? entry.startedAt),
    showSpan(entry.windowMs),
    showSize(entry.sizeBytes),
    entry.procedure ?? '',
    entry.store,
    entry.reasons.join('; '),
  ]);
  return `${renderTable(rows, HEAD)}\n`;
}
