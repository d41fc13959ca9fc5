/** `2026-11-22T10:59:32.009+0000`, no colon in the zone: web applications, and Zeebe up to 8.7. */
export function zonedTime(atMs: number): string {
  return new Date(atMs).toISOString().replace('Z', '+0000');
}

/** ISO with nine digits of a second: Zeebe from 8.8. */
export function nanoTime(atMs: number): string {
  return new Date(atMs).toISOString().replace('Z', '000000Z');
}
