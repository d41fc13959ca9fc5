import type { Finding, PreflightReport } from '../../contract/preflight.ts';
import { printable } from './printable.ts';
import { renderTable, showTime } from './table.ts';

const MARKS = { error: '✖', warning: '!', info: 'i' } as const;

/** One line a check, and below it what to do where something is wrong. */
export function renderDoctor(report: PreflightReport): string {
  const rows = report.findings.map((finding) => [
    finding.ok ? '✔' : MARKS[finding.severity],
    finding.check,
    finding.ok || finding.fix === undefined ? finding.seen : `${finding.seen}\n→ ${finding.fix}`,
  ]);
  const title = `${report.cluster}${versionOf(report)}, checked ${showTime(report.checkedAt)}`;
  return `${printable(title)}\n\n${renderTable(rows)}\n\n${summary(report.findings)}\n`;
}

function versionOf({ facts }: PreflightReport): string {
  if (facts === undefined) return '';
  return `, Camunda ${facts.camundaVersion}, parts: ${facts.parts.join(', ')}`;
}

function summary(findings: Finding[]): string {
  const count = (severity: Finding['severity']) =>
    findings.filter((finding) => !finding.ok && finding.severity === severity).length;
  const errors = count('error');
  const warnings = count('warning');
  if (errors > 0) return `Not ready for a backup: errors ${errors}, warnings ${warnings}.`;
  return warnings > 0 ? `Ready for a backup, warnings ${warnings}.` : 'Ready for a backup.';
}
