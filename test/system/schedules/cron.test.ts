import { describe, expect, it } from '@jest/globals';
import { parseCron } from '../../../src/system/schedules/cron.ts';

const every = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe('system/schedules/cron: parseCron', () => {
  it.each([
    [
      '0 2 * * *',
      { minute: [0], hour: [2], dayOfMonth: every(1, 31), month: every(1, 12), dayOfWeek: every(0, 6) },
    ],
    ['*/20 1-3,22 1,15 * *', { minute: [0, 20, 40], hour: [1, 2, 3, 22], dayOfMonth: [1, 15] }],
    ['0 2 * JAN-mar MON,fri', { month: [1, 2, 3], dayOfWeek: [1, 5] }],
    ['0 2 * * 5-7', { dayOfWeek: [0, 5, 6] }],
    ['0 2 * * 7', { dayOfWeek: [0] }],
  ])('reads %s', (text, fields) => {
    expect(parseCron(text)).toMatchObject(fields);
  });

  it.each([
    ['', 'five fields'],
    ['0 2 * *', 'five fields'],
    ['0 0 2 * * *', 'five fields'],
    ['@daily', 'five fields'],
    ['0 2 L * *', 'five fields'],
    ['H 2 * * *', 'five fields'],
    ['0 2 * * 5#1', 'five fields'],
    ['0 25 * * *', 'range 0-23'],
    ['60 2 * * *', 'range 0-59'],
    ['0 2 31 2 *', 'day of month'],
    ['0 2 * FOO *', 'foo'],
    ['0 2 1 * 1', 'not both'],
  ])('refuses %j: %s', (text, why) => {
    expect(() => parseCron(text)).toThrow(why);
  });
});
