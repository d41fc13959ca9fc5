import { describe, expect, it } from '@jest/globals';
import type { RetentionPolicy, RotatedSet } from '../../src/contract/retention.ts';
import { planRetention } from '../../src/domain/retention.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.parse('2026-11-25T12:00:00Z');

const nothing: RetentionPolicy = {
  keepLast: 0,
  hourly: 0,
  daily: 0,
  weekly: 0,
  monthly: 0,
  yearly: 0,
  keepWithinMs: 0,
  timezone: 'UTC',
  failed: { keepLast: 0, keepWithinMs: 0 },
  minComplete: 1,
  minAgeMs: 0,
  maxShare: 1,
};

function set(backupId: string, ageMs: number, more: Partial<RotatedSet> = {}): RotatedSet {
  const startedMs = NOW - ageMs;
  const sealed = { state: 'complete', verified: true, opened: true } as const;
  const whole = { ...sealed, held: false, provenMs: null, inUse: null };
  return { backupId, startedMs, endedMs: startedMs + 60_000, ...whole, ...more };
}

/** One complete set each night at 02:00 UTC, the newest of today with the largest id. */
function nights(count: number): RotatedSet[] {
  return Array.from({ length: count }, (_, age) => set(String(1000 - age), 10 * HOUR + age * DAY));
}

function plan(sets: RotatedSet[], policy: Partial<RetentionPolicy>, force = false) {
  const { decisions, refused } = planRetention(
    'prod',
    sets,
    { ...nothing, ...policy },
    { nowMs: NOW, force },
  );
  const idsOf = (action: string) =>
    decisions.filter((each) => each.action === action).map(({ backupId }) => backupId);
  const reasonsOf = (backupId: string) => decisions.find((each) => each.backupId === backupId)?.reasons;
  return { kept: idsOf('keep'), gone: idsOf('delete'), refused, reasonsOf };
}

describe('domain/retention: rules', () => {
  it.each<[string, Partial<RetentionPolicy>, string[]]>([
    ['keepLast', { keepLast: 2 }, ['1000', '999']],
    ['keepWithin', { keepWithinMs: 2 * DAY }, ['1000', '999']],
    ['daily', { daily: 3 }, ['1000', '999', '998']],
    ['weekly, from Monday on', { weekly: 2 }, ['1000', '997']], // Wednesday, then Sunday
    ['monthly', { monthly: 2 }, ['1000', '975']], // 25 November, then 31 October
    ['yearly', { yearly: 2 }, ['1000', '671']], // then 31 December 2025
    ['rules are OR-ed', { keepLast: 1, monthly: 2 }, ['1000', '975']],
  ])('%s', (_, policy, kept) => {
    expect(plan(nights(400), policy).kept).toEqual(kept);
  });

  it('counts hours and days that have a set, on the clocks of the time zone', () => {
    const sets = [
      set('5', NOW - Date.parse('2026-10-25T03:10:00Z')),
      set('4', NOW - Date.parse('2026-10-25T01:40:00Z')), // 02:40 in Berlin, after the clocks went back
      set('3', NOW - Date.parse('2026-10-25T00:40:00Z')), // 02:40 in Berlin, before
      set('2', NOW - Date.parse('2026-10-24T21:30:00Z')), // 23:30 in Berlin
    ];

    expect(plan(sets, { hourly: 3, timezone: 'Europe/Berlin' }).kept).toEqual(['5', '4', '2']);
    expect(plan(sets, { daily: 2, timezone: 'Europe/Berlin' }).kept).toEqual(['5', '2']);
    expect(plan(sets, { daily: 2, timezone: 'UTC' }).kept).toEqual(['5', '2']);
    expect(plan(sets, { daily: 2, timezone: 'America/New_York' }).kept).toEqual(['5']);
  });

  it('says all that keeps a set, and why one goes', () => {
    const { reasonsOf } = plan(nights(3), { keepLast: 1, daily: 1 });

    expect(reasonsOf('1000')).toEqual([
      'the newest one: it shows which id was taken last',
      'keepLast: 1 of 1',
      'daily: the newest of 2026-11-25, 1 of 1',
    ]);
    expect(reasonsOf('998')).toEqual(['no rule keeps it']);
  });
});

describe('domain/retention: what no rule may touch', () => {
  it.each<[string, Partial<RotatedSet>, Partial<RetentionPolicy>, string]>([
    ['held', { held: true }, {}, 'held by hand'],
    ['in use', { state: 'unfinished', inUse: 'run b is at it' }, {}, 'run b is at it'],
    [
      'unreadable',
      { state: 'unreadable' },
      {},
      'its manifest cannot be read, and nothing is deleted by guess',
    ],
    [
      'of no known age',
      { startedMs: null, endedMs: null },
      {},
      'nothing says how old it is, and nothing is deleted by guess',
    ],
    ['young', {}, { minAgeMs: 100 * DAY }, 'younger than minAge'],
    ['held while it is deleted', { held: true, state: 'deleting' }, {}, 'held by hand'],
  ])('%s', (_, more, policy, reason) => {
    const { gone, reasonsOf } = plan([set('9', DAY), set('8', 2 * DAY, more)], { keepLast: 1, ...policy });

    expect(gone).toEqual([]);
    expect(reasonsOf('8')).toContain(reason);
  });

  it('the newest set, also a failed one', () => {
    const sets = [
      set('9', DAY, { state: 'failed' }),
      ...nights(2).map((each) => ({ ...each, backupId: '8' })),
    ];

    expect(plan(sets.slice(0, 2), { keepLast: 1 }).kept).toEqual(['9', '8']);
  });

  it('the last one that was restored, on top of the minimum', () => {
    const sets = [set('9', DAY), set('8', 2 * DAY), set('7', 3 * DAY, { provenMs: NOW }), set('6', 4 * DAY)];

    const { kept, gone, reasonsOf } = plan(sets, { keepLast: 1, minComplete: 2 });

    expect(kept).toEqual(['9', '8', '7']);
    expect(gone).toEqual(['6']);
    expect(reasonsOf('7')).toEqual(['the last one that is proven restorable']);
  });

  it('the last complete and verified sets: a damaged one does not count', () => {
    const sets = [
      set('9', DAY, { verified: false }),
      set('8', 2 * DAY, { state: 'partial' }),
      ...nights(4).map((each, at) => ({ ...each, backupId: String(7 - at) })),
    ];

    const { kept, gone, reasonsOf } = plan(sets, { keepLast: 1, minComplete: 3 });

    expect(kept).toEqual(['9', '8', '7', '6', '5']);
    expect(gone).toEqual(['4']);
    expect(reasonsOf('5')).toEqual(['minComplete: never fewer than 3 complete and verified sets']);
    expect(reasonsOf('8')).toEqual(['usable, and newer than every complete set']);
  });

  it('the newest that were opened: those that the rules keep may be complete by their names only', () => {
    const sets = [
      set('9', DAY),
      set('8', 2 * DAY),
      ...[400, 800].map((age, at) => set(String(5 - at), age * DAY, { opened: false })),
    ];

    const { kept } = plan(sets, { yearly: 3, minComplete: 2 });

    expect(kept).toEqual(['9', '8', '5', '4']);
  });

  it('partial sets, as long as there are fewer complete ones than minComplete', () => {
    const sets = [
      set('9', DAY),
      set('8', 2 * DAY, { state: 'partial' }),
      set('7', 3 * DAY, { state: 'failed' }),
    ];

    const { kept, gone } = plan(sets, { keepLast: 1, minComplete: 2 });

    expect([kept, gone]).toEqual([['9', '8'], ['7']]);
  });

  it('goes on with what is half deleted, and has a rule of its own for failed sets', () => {
    const sets = [
      ...nights(1),
      set('30', DAY, { state: 'failed' }),
      set('20', 2 * DAY, { state: 'unfinished' }),
      set('10', 0, { state: 'deleting' }),
    ];

    const { gone, reasonsOf } = plan(sets, { keepLast: 1, failed: { keepLast: 1, keepWithinMs: 0 } });

    expect(gone).toEqual(['20', '10']);
    expect(reasonsOf('10')).toEqual(['its deletion has begun and goes on']);
  });
});

describe('domain/retention: plans that are refused', () => {
  it('a policy that keeps nothing', () => {
    expect(plan(nights(3), {}).refused).toMatch(/no rule that keeps anything/);
  });

  it('a clock that went backwards', () => {
    expect(plan([set('9', -6 * 60_000), set('8', DAY)], { keepLast: 1 }).refused).toMatch(/a clock went/);
    expect(plan([set('9', -3 * 60_000), set('8', DAY)], { keepLast: 1 }).refused).toBeNull();
  });

  it('more than a share at once, unless told; one set may always go', () => {
    const policy = { keepLast: 1, maxShare: 0.5 };

    expect(plan(nights(4), policy).refused).toBe(
      '3 of 4 sets would go at once, and maxShare allows 2; look whether the policy is meant, then give --force',
    );
    expect(plan(nights(4), policy, true).refused).toBeNull();
    expect(plan(nights(3), policy).refused).toMatch(/maxShare allows 1/);
    expect(plan(nights(2), policy).refused).toBeNull();
  });
});
