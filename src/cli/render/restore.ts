import type { DrillResult } from '../../contract/drill.ts';
import type { RestorePlan, RestoreProof, RestoreResult } from '../../contract/restore.ts';
import { renderPlan } from '../../domain/restoreText.ts';
import type { RunRef } from '../../system/runs.ts';
import { printable } from './printable.ts';
import { showSpan } from './table.ts';

/** The plan for a terminal: its Markdown without the marks. */
export function renderRestorePlan(plan: RestorePlan): string {
  return printable(`${renderPlan(plan, 'plan').replaceAll(/\*\*|`/g, '')}\n\n`);
}

export function renderWaiting({ digest }: RestorePlan, { workflowId }: RunRef): string {
  return printable(
    [
      'Nothing was touched; the restore waits for its approval, for a day.',
      `Approve it:  safepoint approve ${workflowId} ${digest}`,
      `Call it off: temporal workflow cancel -w ${workflowId}`,
      '',
    ].join('\n'),
  );
}

export function renderDrill({ cluster, backupId, level, tookMs, ...proof }: DrillResult): string {
  const title = `drilled: set ${backupId} of ${cluster}, level ${level}, in ${showSpan(tookMs)}`;
  return printable([title, ...renderProof(proof)].join('\n'));
}

export function renderRestored(result: RestoreResult): string {
  const { cluster, target, backupId, tookMs, ...proof } = result;
  const title = `restored: set ${backupId} of ${cluster} into ${target}, in ${showSpan(tookMs)}`;
  return printable([title, ...renderProof(proof)].join('\n'));
}

function renderProof({ proven, notProven }: RestoreProof): string[] {
  return [
    'proven:',
    ...proven.map((fact) => `  ${fact}`),
    ...(notProven.length === 0 ? [] : ['not proven:', ...notProven.map((fact) => `  ${fact}`)]),
    '',
  ];
}
