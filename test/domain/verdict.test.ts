import { describe, expect, it } from '@jest/globals';
import type { CutProof } from '../../src/contract/cut.ts';
import type { Finding } from '../../src/contract/preflight.ts';
import { judgeSet } from '../../src/domain/verdict.ts';

const proven: CutProof = { outcome: 'proven', partitions: [], reasons: [] };
const fine: Finding = {
  check: 'zeebe.complete',
  ok: true,
  severity: 'error',
  seen: '2 of 2 partitions complete',
};

describe('domain/verdict: judgeSet', () => {
  it('is complete when nothing fails and the cut is proven', () => {
    expect(judgeSet([fine], proven)).toEqual({ verdict: 'complete', reasons: [] });
  });

  it('is failed when an error finding fails, and says what to do', () => {
    const missing: Finding = {
      check: 'operate.snapshots',
      ok: false,
      severity: 'error',
      seen: 'x is MISSING',
      fix: 'take a new backup',
    };

    expect(judgeSet([fine, missing], proven)).toEqual({
      verdict: 'failed',
      reasons: ['operate.snapshots: x is MISSING; take a new backup'],
    });
  });

  it('is failed when the cut is broken, whatever else is fine', () => {
    const broken: CutProof = { outcome: 'broken', partitions: [], reasons: ['partition 1: orphans'] };

    expect(judgeSet([fine], broken)).toEqual({ verdict: 'failed', reasons: ['partition 1: orphans'] });
  });

  it('is partial when a warning fails or the cut could not be proven', () => {
    const uncovered: Finding = {
      check: 'indices.covered',
      ok: false,
      severity: 'warning',
      seen: '1 live index is in no snapshot',
    };
    const notProven: CutProof = { outcome: 'not-proven', partitions: [], reasons: ['a reading is missing'] };

    expect(judgeSet([uncovered], proven).verdict).toBe('partial');
    expect(judgeSet([fine], notProven)).toEqual({
      verdict: 'partial',
      reasons: ['cut not proven: a reading is missing'],
    });
  });
});
