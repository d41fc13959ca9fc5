import type { RetainResult, RetentionPlan } from '../../contract/retention.ts';
import { printable } from './printable.ts';
import { renderTable, showTime } from './table.ts';

/** Every set with what becomes of it, and all the reasons. */
export function renderPlan({ cluster, decisions, refused }: RetentionPlan, apply: boolean): string {
  if (decisions.length === 0) return printable(`No backup sets of ${cluster}.\n`);
  const rows = decisions.map(({ backupId, state, startedAt, action, reasons }) => [
    action,
    backupId,
    state,
    showTime(startedAt),
    reasons.join('; '),
  ]);
  const going = decisions.filter(({ action }) => action === 'delete').length;
  const summary = `${going} of ${decisions.length} sets ${apply ? 'go' : 'would go'}.`;
  const hint =
    apply || going === 0 || refused !== null ? '' : ` Delete them:  safepoint prune ${cluster} --apply`;
  const lines = [
    renderTable(rows, ['', 'backup id', 'state', 'started', 'why']),
    '',
    printable(refused === null ? `${summary}${hint}` : `Nothing may go: ${refused}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** What was deleted, and what stays of it. */
export function renderRotation({ deleted, left, kept }: RetainResult): string {
  const lines = [
    `deleted ${deleted.length}${deleted.length === 0 ? '' : `: ${deleted.join(', ')}`}; kept ${kept}`,
    ...left.map(({ backupId, reason }) => `  ${backupId} is not gone whole: ${reason}`),
  ];
  return printable(`${lines.join('\n')}\n`);
}
