/** Stretches of the calendar of which rotation keeps one set each. */
export const PERIODS = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;
export type Period = (typeof PERIODS)[number];

/**
 * Names the stretch in which a moment lies, on the clocks of a time zone: `2026-11-25T19`, `2026-11-25`, `2026-W48`, `2026-11`,
 * `2026`. Weeks are those of ISO 8601. The hour that clocks go through twice has one name.
 */
export function periodOf(period: Period, atMs: number, timezone: string): string {
  const { year, month, day, hour } = wallClock(atMs, timezone);
  switch (period) {
    case 'hourly':
      return `${year}-${month}-${day}T${hour}`;
    case 'daily':
      return `${year}-${month}-${day}`;
    case 'weekly':
      return isoWeek(Date.UTC(Number(year), Number(month) - 1, Number(day)));
    case 'monthly':
      return `${year}-${month}`;
    case 'yearly':
      return year;
  }
}

function wallClock(atMs: number, timezone: string) {
  const parts = Object.fromEntries(
    formatOf(timezone)
      .formatToParts(atMs)
      .map(({ type, value }) => [type, value]),
  );
  const { year = '', month = '', day = '', hour = '' } = parts;
  return { year, month, day, hour };
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making one takes longer than all else here. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    ...({ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit' } as const),
  });
  formats.set(timeZone, format);
  return format;
}

const DAY_MS = 86_400_000;

/** A week belongs to the year in which its Thursday lies. `dayMs`: midnight of the day as if it were UTC. */
function isoWeek(dayMs: number): string {
  const weekday = (new Date(dayMs).getUTCDay() + 6) % 7; // from Monday
  const thursday = new Date(dayMs + (3 - weekday) * DAY_MS);
  const year = thursday.getUTCFullYear();
  const week = 1 + Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * DAY_MS));
  return `${year}-W${String(week).padStart(2, '0')}`;
}
