/** The values of the five fields that a cron text allows, ascending; days of the week from 0, Sunday. */
export type CronFields = {
  minute: number[];
  hour: number[];
  dayOfMonth: number[];
  month: number[];
  dayOfWeek: number[];
};

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/**
 * Times of a cron text that do not exist within a year from `fromMs`, because clocks are put forward over them, such as
 * `2027-03-28 02:30`: Temporal starts no run then. Where clocks are put back it starts one, as on any other day (both seen
 * with `ListScheduleMatchingTimes`, server 1.31).
 */
export function skippedTimes(fields: CronFields, timezone: string, fromMs: number): string[] {
  const skipped: string[] = [];
  for (let day = fromMs; day < fromMs + 366 * DAY_MS; day += DAY_MS) {
    const [before, after] = [offsetMs(timezone, day), offsetMs(timezone, day + DAY_MS)];
    if (after <= before) continue;
    const changeMs = findChange(timezone, day);
    for (let wall = changeMs + before; wall < changeMs + after; wall += MINUTE_MS) {
      if (matches(fields, new Date(wall)))
        skipped.push(new Date(wall).toISOString().slice(0, 16).replace('T', ' '));
    }
  }
  return skipped;
}

/** First minute of the day that follows `dayMs` at which clocks have been put forward. */
function findChange(timezone: string, dayMs: number): number {
  const before = offsetMs(timezone, dayMs);
  let [early, late] = [Math.floor(dayMs / MINUTE_MS), Math.ceil((dayMs + DAY_MS) / MINUTE_MS)];
  while (late - early > 1) {
    const middle = Math.floor((early + late) / 2);
    if (offsetMs(timezone, middle * MINUTE_MS) > before) late = middle;
    else early = middle;
  }
  return late * MINUTE_MS;
}

/** How far the clocks of a time zone are ahead of UTC. */
function offsetMs(timezone: string, atMs: number): number {
  const whole = Math.floor(atMs / 1000) * 1000;
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: timezone,
    hourCycle: 'h23',
    ...({ year: 'numeric', month: '2-digit', day: '2-digit' } as const),
    ...({ hour: '2-digit', minute: '2-digit', second: '2-digit' } as const),
  });
  const part = Object.fromEntries(format.formatToParts(whole).map(({ type, value }) => [type, value]));
  const wall = `${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}:${part.second}Z`;
  return Date.parse(wall) - whole;
}

/** `wall` holds the time on the wall as if it were UTC. */
function matches(fields: CronFields, wall: Date): boolean {
  return (
    fields.minute.includes(wall.getUTCMinutes()) &&
    fields.hour.includes(wall.getUTCHours()) &&
    fields.dayOfMonth.includes(wall.getUTCDate()) &&
    fields.month.includes(wall.getUTCMonth() + 1) &&
    fields.dayOfWeek.includes(wall.getUTCDay())
  );
}
