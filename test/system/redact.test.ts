import { describe, expect, it } from '@jest/globals';
import { messageOf, redact, rememberSecret } from '../../src/system/redact.ts';
import { createMarker, formsOf, leaksIn } from '../faults/secrets/markers.ts';

const SECRETS = [
  createMarker('plain'),
  createMarker('difficult', (core) => `"a&b<${core}>%/+ \\é'`),
  createMarker(
    'of several lines',
    (core) => `-----BEGIN KEY-----\n${'A'.repeat(64)}\n${core}/+==\n-----END KEY-----`,
  ),
  createMarker('long', (core) => `${core}.${'x7/Q+'.repeat(800)}`),
];
SECRETS.forEach(({ name, value }) => {
  rememberSecret(name, value);
});

describe('system/redact: redact', () => {
  it.each(
    SECRETS.flatMap(({ name, value }) => formsOf(value, 'ops').map((form, at) => [name, at, form] as const)),
  )('finds the secret %s in form %i, alone and inside of a text', (_name, _at, form) => {
    const texts = [form, `before ${form} after`, JSON.stringify({ said: form }), `"${form}`.repeat(3)];

    const cut = texts.map(redact);

    for (const text of texts) expect(leaksIn(text, SECRETS)).not.toEqual([]);
    for (const text of cut) expect(leaksIn(text, SECRETS)).toEqual([]);
  });

  it.each([76, 64])('finds it in base64 and hex with a line break after %i characters', (width) => {
    const lines = (text: string) => text.match(new RegExp(`.{1,${width}}`, 'g'))?.join('\r\n') ?? '';
    const bytes = Buffer.from(SECRETS.map(({ value }) => `PGPASSWORD=${value}\n`).join(''));

    const cut = [redact(lines(bytes.toString('base64'))), redact(lines(bytes.toString('hex')))];

    expect(leaksIn(cut.join(' ').replaceAll(/\s/g, ''), SECRETS)).toEqual([]);
  });

  it('leaves everything else as it is', () => {
    const text =
      'operate: GET http://operate:9600/actuator answered 503 "no shard available"; it is tried again';

    expect(redact(text)).toBe(text);
  });

  it('knows the values before a rotation for a while, and none of less than four characters', () => {
    for (const value of ['first-of-all', 'second-1', 'second-2', 'second-3', 'second-4', 'second-5', 'abc'])
      rememberSecret('rotated', value);

    expect(redact('second-2 second-3 second-5 first-of-all abc')).toBe('*** first-of-all abc');
  });

  it.each(['<html>lorem ipsum ', '\\', 'AAAA', ' ', '&#0', '%2', '"a&b<mk'])(
    'takes less than five seconds for 1 MB of %j',
    (unit) => {
      const text = unit.repeat(1e6 / unit.length);
      const startedMs = performance.now();

      redact(text);

      expect(performance.now() - startedMs).toBeLessThan(5_000);
    },
    20_000,
  );
});

describe('system/redact: messageOf', () => {
  it.each([
    ['an error', new Error(`refused ${SECRETS[0]?.value}`), 'refused ***'],
    ['anything else', SECRETS[0]?.value, '***'],
  ])('says what %s says, without the secret', (_kind, thrown, message) => {
    expect(messageOf(thrown)).toBe(message);
  });
});
