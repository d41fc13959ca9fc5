import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { chooseBackupId, newestId } from '../../src/domain/backupId.ts';

const nowMs = Date.parse('2026-11-22T10:00:00.500Z');
const nowSeconds = String(Math.floor(nowMs / 1000));

describe('domain/backupId: chooseBackupId', () => {
  it('takes unix seconds when nothing newer was seen', () => {
    const decision = chooseBackupId({
      requested: null,
      nowMs,
      seenIds: ['1', '1700000000'],
      narrowIds: true,
    });

    expect(decision).toEqual({ id: nowSeconds });
  });

  it('goes on from a greater id of another tool, even one past 2^53', () => {
    const decision = chooseBackupId({
      requested: null,
      nowMs,
      seenIds: ['90071992547409931'],
      narrowIds: false,
    });

    expect(decision).toEqual({ id: '90071992547409932' });
  });

  it('refuses an id that Operate and Tasklist up to 8.7 cannot read', () => {
    const decision = chooseBackupId({ requested: null, nowMs, seenIds: ['20261122100000'], narrowIds: true });

    expect(decision).toEqual({ refused: expect.stringContaining('20261122100001 is beyond 2147483647') });
  });

  it.each(['999', '1000'])('refuses the requested id %s when 1000 was seen', (requested) => {
    const decision = chooseBackupId({ requested, nowMs, seenIds: ['1000'], narrowIds: true });

    expect(decision).toEqual({ refused: expect.stringContaining('from 1001 on') });
  });

  it('accepts a requested id that is greater than all', () => {
    const decision = chooseBackupId({ requested: '1001', nowMs, seenIds: ['1000', '7'], narrowIds: true });

    expect(decision).toEqual({ id: '1001' });
  });

  it('never returns an id that is not greater than every one seen', () => {
    const ids = fc.array(fc.bigInt({ min: 1n, max: 2n ** 64n }).map(String));
    const requested = fc.option(fc.bigInt({ min: 1n, max: 2n ** 64n }).map(String));

    fc.assert(
      fc.property(ids, requested, fc.boolean(), (seenIds, wanted, narrowIds) => {
        const decision = chooseBackupId({ requested: wanted, nowMs, seenIds, narrowIds });
        return 'refused' in decision || seenIds.every((seen) => BigInt(decision.id) > BigInt(seen));
      }),
    );
  });
});

describe('domain/backupId: newestId', () => {
  it('compares as integers, not as text', () => {
    expect(newestId(['9', '10', '1'])).toBe(10n);
    expect(newestId([])).toBe(0n);
  });
});
