const TIME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/;

/** `20261125T190000123Z`: a time in the name of a record; sorts by time, to the millisecond. `at`: ISO 8601. */
export function formatTime(at: string): string {
  return at.replaceAll(/[-:.]/g, '');
}

/** ISO 8601; `null` for a text that is no time. */
export function parseTime(text: string): string | null {
  const [, year, month, day, hour, minute, second, millisecond] = TIME.exec(text) ?? [];
  const at = `${year}-${month}-${day}T${hour}:${minute}:${second}.${millisecond}Z`;
  return Number.isNaN(Date.parse(at)) ? null : at;
}
