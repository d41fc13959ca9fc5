import { describe, expect, it } from '@jest/globals';
import { skippedTimes } from '../../src/domain/daylightSaving.ts';
import { parseCron } from '../../src/system/schedules/cron.ts';

const from = Date.parse('2026-11-25T12:34:56Z');

describe('domain/daylightSaving: skippedTimes', () => {
  it.each([
    ['30 2 * * *', 'Europe/Berlin', ['2027-03-28 02:30']],
    ['30 2 * * *', 'America/New_York', ['2027-03-14 02:30']],
    ['0 0 * * *', 'Asia/Beirut', ['2027-03-28 00:00']],
    ['15,45 2 * * SUN', 'Europe/Berlin', ['2027-03-28 02:15', '2027-03-28 02:45']],
    ['15 2 * 10 *', 'Australia/Lord_Howe', ['2027-10-03 02:15']],
  ])('%s in %s', (cron, timezone, expected) => {
    expect(skippedTimes(parseCron(cron), timezone, from)).toEqual(expected);
  });

  it.each([
    ['30 2 * * *', 'UTC'],
    ['30 2 * * *', 'Asia/Kolkata'],
    ['0 3 * * *', 'Europe/Berlin'],
    ['59 1 * * *', 'Europe/Berlin'],
    ['30 2 * * MON', 'Europe/Berlin'],
  ])('none for %s in %s', (cron, timezone) => {
    expect(skippedTimes(parseCron(cron), timezone, from)).toEqual([]);
  });
});
