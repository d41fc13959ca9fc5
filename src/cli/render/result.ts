import type { BackupResult } from '../../contract/backup.ts';
import type { RunRef } from '../../system/runs.ts';
import { printable } from './printable.ts';
import { renderTable, showSize, showSpan } from './table.ts';

/** The end of a run, for people. */
export function renderResult(result: BackupResult, run: RunRef, namespace: string): string {
  const parts = result.parts.map((line) => [
    line.part,
    line.state,
    showSpan(line.tookMs),
    showSize(line.sizeBytes),
  ]);
  const facts = [
    ['procedure', result.procedure],
    ['exporting paused', showSpan(result.windowMs)],
    ['cut', result.cut],
    ['manifest', `${result.manifest.key} in store ${result.manifest.store}`],
    ['sha256', result.manifest.sha256],
    ['run', run.workflowId],
    ...(result.replica === undefined ? [] : [['copies', result.replica.state]]),
  ];
  return lines([
    `${result.verdict}: backup ${result.backupId} of ${result.cluster}`,
    ...[...result.reasons, result.replica?.problem ?? []].flat().map((reason) => `  ${reason}`),
    '',
    renderTable(parts, ['part', 'state', 'took', 'size']),
    '',
    renderTable(facts),
    '',
    `Look at the run:  temporal workflow show -w ${run.workflowId}${inNamespace(namespace)}`,
    `Look at the set:  safepoint show ${result.backupId} --cluster ${result.cluster}`,
  ]);
}

export function renderDetached(run: RunRef, namespace: string): string {
  return lines([
    run.workflowId,
    `Follow it:  temporal workflow show -w ${run.workflowId}${inNamespace(namespace)}`,
  ]);
}

export function renderInterrupted(run: RunRef, namespace: string): string {
  const which = `-w ${run.workflowId}${inNamespace(namespace)}`;
  return lines([
    `The run ${run.workflowId} goes on without this command.`,
    `Look at it:  temporal workflow show ${which}`,
    `Cancel it:   temporal workflow cancel ${which}`,
  ]);
}

function inNamespace(namespace: string): string {
  return namespace === 'default' ? '' : ` -n ${namespace}`;
}

function lines(texts: string[]): string {
  return printable(`${texts.join('\n')}\n`);
}
