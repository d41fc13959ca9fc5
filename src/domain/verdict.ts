import type { Verdict } from '../contract/backup.ts';
import type { CutProof } from '../contract/cut.ts';
import type { Finding } from '../contract/preflight.ts';

/**
 * `failed`: a part or an artifact is not what it should be, or the cut is broken: this is no backup.
 * `partial`: it restores as far as we can see, but something that was asked for could not be shown.
 * Reasons are what keeps it from `complete`.
 */
export function judgeSet(
  findings: readonly Finding[],
  cut: CutProof,
): { verdict: Verdict; reasons: string[] } {
  const errors = failing(findings, 'error');
  const warnings = failing(findings, 'warning');
  if (errors.length > 0 || cut.outcome === 'broken') {
    return { verdict: 'failed', reasons: [...errors, ...(cut.outcome === 'proven' ? [] : cut.reasons)] };
  }
  if (warnings.length > 0 || cut.outcome === 'not-proven') {
    return {
      verdict: 'partial',
      reasons: [...warnings, ...cut.reasons.map((reason) => `cut not proven: ${reason}`)],
    };
  }
  return { verdict: 'complete', reasons: [] };
}

function failing(findings: readonly Finding[], severity: Finding['severity']): string[] {
  return findings
    .filter((finding) => !finding.ok && finding.severity === severity)
    .map(
      (finding) => `${finding.check}: ${finding.seen}${finding.fix === undefined ? '' : `; ${finding.fix}`}`,
    );
}
