import { formatTime, parseTime } from './recordTime.ts';

const CHECK = /^check\.([0-9TZ]+)\.(ok|failed)\.json$/;

/** One later look at a set, as the name of its record tells it. */
export type SetCheck = { at: string; ok: boolean };

/** `check.20261125T190000123Z.ok.json`: sorts by time, to the millisecond, and a listing need not open it. */
export function checkName({ at, ok }: SetCheck): string {
  return `check.${formatTime(at)}.${ok ? 'ok' : 'failed'}.json`;
}

/** `null` for a name that is no check. Times ISO 8601. */
export function parseCheckName(name: string): SetCheck | null {
  const [, time = '', outcome] = CHECK.exec(name) ?? [];
  const at = parseTime(time);
  return at === null ? null : { at, ok: outcome === 'ok' };
}

/** Name of the latest one; of the same moment, a failed one counts before an ok one. */
export function lastCheckName(names: readonly string[]): string | null {
  const timeOf = (name: string) => name.slice(0, TIMED);
  const newestFirst = names
    .filter((name) => parseCheckName(name) !== null)
    .sort((a, b) => timeOf(b).localeCompare(timeOf(a)) || a.localeCompare(b));
  return newestFirst[0] ?? null;
}

/** Up to the end of the time. */
const TIMED = 'check.20261125T190000123Z'.length;
