import { randomBytes } from 'node:crypto';

/** A secret that can be told from everything else, whatever becomes of it on its way. */
export type Marker = { name: string; value: string; core: string };

/** Part of the core that is enough to call it a leak. */
const WINDOW = 8;

/** `around` gives it characters that are written differently in URLs, JSON and HTML; the core has none of them. */
export function createMarker(name: string, around: (core: string) => string = (core) => core): Marker {
  const core = `mk${randomBytes(9).toString('hex')}`;
  return { name, value: around(core), core };
}

/** Those of which at least eight characters stand in the text, plain or in hex or base64, and where. */
export function leaksIn(text: string, markers: Marker[]): string[] {
  const readings = [text, ...decodedRuns(text)];
  return markers.flatMap(({ name, core }) => {
    const found = readings.find((reading) => windowsOf(core).some((part) => reading.includes(part)));
    return found === undefined ? [] : [`${name}: ${excerptAround(found, core)}`];
  });
}

/** What a mean endpoint makes of a secret that it was sent. */
export function formsOf(secret: string, user: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    bytes.toString('base64'),
    encodeURIComponent(secret),
    Buffer.from(`${user}:${secret}`).toString('base64'),
    JSON.stringify({ secret }),
    bytes.toString('hex'),
    Buffer.from(`Authorization: ${secret}\r\n`).toString('base64url'),
    new URLSearchParams({ secret }).toString(),
    secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;'),
  ];
}

function windowsOf(core: string): string[] {
  return Array.from({ length: core.length - WINDOW + 1 }, (_, at) => core.slice(at, at + WINDOW));
}

/** Every run of base64 or hex as what it may stand for; base64 from each of its four characters, as a run may begin anywhere. */
function decodedRuns(text: string): string[] {
  const base64 = text.match(/[\w+/-]{8,}/g) ?? [];
  const hex = text.match(/[\da-f]{16,}/gi) ?? [];
  return [
    ...base64.flatMap((run) =>
      [0, 1, 2, 3].map((at) => Buffer.from(run.slice(at), 'base64').toString('latin1')),
    ),
    ...hex.flatMap((run) => [0, 1].map((at) => Buffer.from(run.slice(at), 'hex').toString('latin1'))),
  ];
}

function excerptAround(text: string, core: string): string {
  const at = Math.min(
    ...windowsOf(core).flatMap((part) => (text.includes(part) ? [text.indexOf(part)] : [])),
  );
  return text.slice(Math.max(0, at - 200), at + 60);
}
