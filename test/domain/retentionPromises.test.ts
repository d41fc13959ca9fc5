import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RetentionPolicy, RotatedSet } from '../../src/contract/retention.ts';
import { SET_STATES } from '../../src/contract/setState.ts';
import { planRetention } from '../../src/domain/retention.ts';

const DAY = 24 * 3_600_000;
const NOW = Date.parse('2026-11-25T12:00:00Z');

const anySet = fc.record({
  backupId: fc.integer({ min: 1, max: 10_000 }).map(String),
  state: fc.constantFrom(...SET_STATES),
  startedMs: fc.option(fc.integer({ min: NOW - 800 * DAY, max: NOW }), { freq: 20 }),
  held: fc.boolean(),
  verified: fc.boolean(),
  opened: fc.boolean(),
  provenMs: fc.option(fc.constant(NOW), { freq: 1 }),
  inUse: fc.option(fc.constant('a restore reads it'), { freq: 5 }),
});
const anySets = fc
  .uniqueArray(anySet, { selector: ({ backupId }) => backupId, maxLength: 60 })
  .map((sets): RotatedSet[] => sets.map((each) => ({ ...each, endedMs: each.startedMs })));
const few = fc.nat(5);
const anyPolicy = fc.record({
  keepLast: few,
  hourly: few,
  daily: few,
  weekly: few,
  monthly: few,
  yearly: few,
  keepWithinMs: fc.nat(20 * DAY),
  timezone: fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'America/St_Johns'),
  failed: fc.record({ keepLast: few, keepWithinMs: fc.nat(20 * DAY) }),
  minComplete: fc.integer({ min: 1, max: 5 }),
  minAgeMs: fc.nat(3 * DAY),
  maxShare: fc.double({ min: 0, max: 1, noNaN: true }),
});

describe('domain/retention: promises, whatever the sets and the policy', () => {
  const check = (
    promise: (sets: RotatedSet[], policy: RetentionPolicy, kept: RotatedSet[], gone: RotatedSet[]) => void,
  ) => {
    fc.assert(
      fc.property(anySets, anyPolicy, (sets, policy) => {
        const { decisions } = planRetention('prod', sets, policy, { nowMs: NOW });
        expect(decisions).toHaveLength(sets.length);
        const of = (action: string) =>
          decisions
            .filter((each) => each.action === action)
            .map(({ backupId }) => sets.find((each) => each.backupId === backupId) as RotatedSet);
        promise(sets, policy, of('keep'), of('delete'));
      }),
      { numRuns: 400 },
    );
  };
  const isWhole = ({ state, verified }: RotatedSet) => state === 'complete' && verified;

  it('what is held, in use, unreadable or young is never deleted', () => {
    check((_sets, policy, _kept, gone) => {
      for (const each of gone) {
        expect(each).toMatchObject({ held: false, inUse: null });
        expect(each.state).not.toBe('unreadable');
        if (each.state === 'deleting') continue;
        expect(each.endedMs).not.toBeNull();
        expect(NOW - (each.endedMs ?? NOW)).toBeGreaterThanOrEqual(policy.minAgeMs);
      }
    });
  });

  it('as many complete and verified sets stay as minComplete says, or all that there are', () => {
    check((sets, { minComplete }, kept) => {
      expect(kept.filter(isWhole).length).toBeGreaterThanOrEqual(
        Math.min(minComplete, sets.filter(isWhole).length),
      );
    });
  });

  it('the newest complete and verified set always stays', () => {
    check((sets, _policy, kept) => {
      const ids = sets.filter(isWhole).map(({ backupId }) => Number(backupId));
      if (ids.length > 0) expect(kept.map(({ backupId }) => Number(backupId))).toContain(Math.max(...ids));
    });
  });

  it('the newest set that is proven restorable always stays', () => {
    check((sets, _policy, kept) => {
      const proven = sets.filter((each) => isWhole(each) && each.provenMs !== null);
      const ids = proven.map(({ backupId }) => Number(backupId));
      if (ids.length > 0) expect(kept.map(({ backupId }) => Number(backupId))).toContain(Math.max(...ids));
    });
  });

  it('no complete and verified set goes that is newer than keepLast others', () => {
    check((sets, { keepLast }, _kept, gone) => {
      for (const each of gone.filter(isWhole)) {
        const newer = sets.filter(
          (other) => isWhole(other) && Number(other.backupId) > Number(each.backupId),
        );
        expect(newer.length).toBeGreaterThanOrEqual(keepLast);
      }
    });
  });

  it('what stays once stays when it is asked again, and the order of the sets does not matter', () => {
    check((sets, policy, kept, gone) => {
      const again = planRetention('prod', kept, policy, { nowMs: NOW });
      expect(again.decisions.filter(({ action }) => action === 'delete')).toEqual([]);
      const reversed = planRetention('prod', sets.toReversed(), policy, { nowMs: NOW });
      const ids = reversed.decisions.filter(({ action }) => action === 'delete');
      expect(ids.map(({ backupId }) => backupId).sort()).toEqual(gone.map(({ backupId }) => backupId).sort());
    });
  });
});
