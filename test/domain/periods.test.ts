import { describe, expect, it } from '@jest/globals';
import { periodOf } from '../../src/domain/periods.ts';

describe('domain/periods', () => {
  it.each([
    ['2024-12-29T12:00:00Z', '2024-W52'],
    ['2024-12-30T00:00:00Z', '2025-W01'], // a Monday whose Thursday lies in 2025
    ['2026-12-31T12:00:00Z', '2026-W53'],
    ['2027-01-03T23:59:59Z', '2026-W53'],
    ['2027-01-04T00:00:00Z', '2027-W01'],
  ])('%s lies in the week %s', (at, week) => {
    expect(periodOf('weekly', Date.parse(at), 'UTC')).toBe(week);
  });

  it.each([
    ['hourly', 'UTC', '2026-12-31T23'],
    ['daily', 'UTC', '2026-12-31'],
    ['daily', 'Europe/Berlin', '2027-01-01'],
    ['monthly', 'America/New_York', '2026-12'],
    ['yearly', 'Asia/Kathmandu', '2027'],
  ] as const)('%s in %s', (period, timezone, name) => {
    expect(periodOf(period, Date.parse('2026-12-31T23:30:00Z'), timezone)).toBe(name);
  });
});
