import fc from 'fast-check';
import { stringify } from 'yaml';
import { trickyText } from '../arbitraries.ts';
import { SECRET_PATHS, URL_PATHS, validConfig } from './validConfig.ts';

/** A secret that somebody wrote into the file. */
export const MARKER = 'Q7-plain-secret';

/** A config as YAML or JSON, with any line breaks. */
export const asText = (value: fc.Arbitrary<unknown>): fc.Arbitrary<string> =>
  fc
    .tuple(
      value,
      fc.constantFrom('yaml', 'json'),
      fc.constantFrom('\n', '\r\n'),
      fc.constantFrom('', '\ufeff'),
    )
    .map(([config, form, lineBreak, start]) => {
      const text = form === 'yaml' ? stringify(config) : JSON.stringify(config, null, 1);
      return start + text.replaceAll('\n', lineBreak);
    });

export const VALID_TEXT = stringify(validConfig);

/** Pieces that YAML gives a meaning to, and pieces of a config. */
const yamlPiece = fc.oneof(
  fc.constantFrom(
    ...[
      '&a ',
      '*a',
      '<<: *a',
      '? ',
      ': ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      ', ',
      '|',
      '>-',
      '"',
      "'",
      '#',
      '%',
      '%YAML 9.9',
    ],
    ...[
      '!',
      '!!map ',
      '!!binary ',
      '!<x>',
      '---\n',
      '...',
      '\t',
      '\r',
      '\n',
      '\n  ',
      '\0',
      '\\x4',
      '\ufeff',
      '@',
      '`',
    ],
    ...[
      'stores:',
      'clusters:',
      '__proto__: {a: 1}',
      'constructor: 1',
      'a: 1\na: 2',
      '&a [*a]',
      '.inf',
      '.nan',
      '~',
    ],
  ),
  trickyText,
  fc
    .tuple(fc.nat(VALID_TEXT.length), fc.nat(200))
    .map(([from, length]) => VALID_TEXT.slice(from, from + length)),
);
export const yamlSoup = fc.array(yamlPiece, { maxLength: 12 }).map((pieces) => pieces.join(''));

/** The text with some of it cut out, and something else in its place. */
export const damaged = (text: string): fc.Arbitrary<string> =>
  fc
    .tuple(fc.nat(text.length), fc.nat(30), yamlSoup)
    .map(([from, length, soup]) => text.slice(0, from) + soup + text.slice(from + length));

export const billionLaughs = fc
  .tuple(fc.integer({ min: 2, max: 20 }), fc.integer({ min: 2, max: 20 }))
  .map(([depth, width]) => {
    const level = (at: number) =>
      `l${at}: &l${at} [${Array.from({ length: width }, () => `*l${at - 1}`).join()}]`;
    const levels = Array.from({ length: depth }, (_, at) => level(at + 1));
    return ['l0: &l0 [lol]', ...levels, `stores: *l${depth}`].join('\n');
  });

function withValue(holder: object, [step = '', ...rest]: string[], value: unknown): void {
  const at: unknown = Reflect.get(holder, step);
  if (rest.length > 0 && typeof at === 'object' && at !== null) withValue(at, rest, value);
  else if (rest.length === 0) Reflect.set(holder, step, value);
}

/** A config with a secret in plain, where a reference or a clean URL belongs. */
export const exposed = fc
  .oneof(
    fc.tuple(
      fc.constantFrom(...SECRET_PATHS),
      fc.constantFrom<unknown>(
        MARKER,
        [MARKER],
        { value: MARKER },
        { env: [MARKER] },
        { type: MARKER },
        `a\\U${MARKER}`,
      ),
    ),
    fc.tuple(
      fc.constantFrom(...URL_PATHS),
      fc
        .constantFrom(
          'http://u:%@h',
          'http://%@h',
          'http:u:%@h',
          'http:/u:%@h',
          'u:%@h',
          'ftp://u:%/x@h',
          'https://u:%#?@h',
          'http://a@b,http://u:%@h',
        )
        .map((url) => url.replace('%', MARKER)),
    ),
  )
  .map(([at, value]) => {
    const config = structuredClone(validConfig);
    withValue(config, at, value);
    return config;
  });
