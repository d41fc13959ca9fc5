import { CronExpressionParser } from 'cron-parser';
import type { CronFields } from '../../domain/daylightSaving.ts';

/** Numbers, names of months and days, lists, ranges and steps: what every cron reads in the same way, and no extension. */
const VALUE = String.raw`(?:\d+|[A-Za-z]{3})`;
const ITEM = String.raw`(?:\*|${VALUE}(?:-${VALUE})?)(?:/\d+)?`;
const FIELD = new RegExp(`^${ITEM}(?:,${ITEM})*$`);

/**
 * Reads the five fields of a cron text. Fails with an `Error` that says what is allowed. A text that names days of the month
 * and days of the week is refused: for cron either is enough, for Temporal both must hold.
 */
export function parseCron(text: string): CronFields {
  const fields = text.trim().split(/\s+/);
  const [, , days = '', , weekdays = ''] = fields;
  if (fields.length !== 5 || !fields.every((field) => FIELD.test(field)))
    throw new Error(
      'five fields: minute, hour, day of the month, month, day of the week, such as "0 2 * * *"',
    );
  if (days !== '*' && weekdays !== '*')
    throw new Error(
      'days of the month or days of the week, not both: cron means either, Temporal means both; make two schedules',
    );
  const { minute, hour, dayOfMonth, month, dayOfWeek } = CronExpressionParser.parse(text).fields;
  return {
    minute: numbers(minute.values),
    hour: numbers(hour.values),
    dayOfMonth: numbers(dayOfMonth.values),
    month: numbers(month.values),
    dayOfWeek: [...new Set(numbers(dayOfWeek.values).map((day) => day % 7))].sort((a, b) => a - b),
  };
}

/** The library also knows the letter `L`, which FIELD keeps out. */
function numbers(values: readonly (number | string)[]): number[] {
  return values.map(Number);
}
