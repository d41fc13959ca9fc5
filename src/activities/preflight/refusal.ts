import { SafepointError } from '../../contract/errors.ts';
import type { ClusterFacts, Finding, PreflightReport } from '../../contract/preflight.ts';

export function hasErrors({ findings, facts }: PreflightReport): boolean {
  return facts === undefined || findings.some((finding) => !finding.ok && finding.severity === 'error');
}

/** The facts of a cluster that a backup may be taken of. Fails with `PreflightFailed`, which lists every error. */
export function requirePassed({ findings, facts }: PreflightReport): ClusterFacts {
  const failed = findings.filter((finding) => !finding.ok && finding.severity === 'error');
  if (failed.length === 0 && facts !== undefined) return facts;
  const headline = `${failed.length} of ${findings.length} checks failed`;
  throw new SafepointError('PreflightFailed', [headline, ...failed.map(renderFinding)].join('\n'));
}

/** One line: check, what was seen, what to do. */
export function renderFinding({ check, seen, fix }: Finding): string {
  return fix === undefined ? `${check}: ${seen}` : `${check}: ${seen}. Fix: ${fix}`;
}
