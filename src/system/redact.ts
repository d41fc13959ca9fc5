/** Shorter values are no secrets, and cutting them out would only make texts unreadable. */
const SHORTEST = 4;
/** Longer ones are looked for in pieces, for V8 refuses long patterns; so the half of one is found too. */
const PIECE = 32;
/** Of each reference: the value of now, and those before a rotation that answers may still quote. */
const KEPT_VALUES = 5;

const known = new Map<string, string[]>();
/** By piece, the longest secret first: one may be a part of another. */
let patterns = new Map<string, RegExp>();

/** Remembers a value that was read by reference, so that `redact` cuts it out from now on. */
export function rememberSecret(reference: string, value: string): void {
  const values = known.get(reference) ?? [];
  if (values.at(-1) === value) return;
  known.set(reference, [...values.filter((earlier) => earlier !== value), value].slice(-KEPT_VALUES));
  const secrets = [...known.values()].flat().sort((left, right) => right.length - left.length);
  patterns = new Map(
    secrets.flatMap(piecesOf).map((piece) => [piece, patterns.get(piece) ?? patternOf(piece)]),
  );
}

/**
 * The text without any secret that this process has read. Others may quote what we sent them: an error page the header
 * `Authorization`, a program its environment. Whatever may hold words of others passes here before it becomes an error, a
 * line of a log or output. Found are values as they are, escaped for URLs, JSON and HTML, in hex, and inside of base64.
 * To be called before a text is cut.
 */
export function redact(text: string): string {
  let cut = text;
  for (const pattern of patterns.values()) cut = cut.replace(pattern, '***');
  return cut === text ? text : cut.replaceAll(/\*\*\*(?:.?.?\*\*\*)+/g, '***');
}

/** What an error says, without secrets. */
export function messageOf(error: unknown): string {
  return redact(error instanceof Error ? error.message : String(error));
}

function patternOf(piece: string): RegExp {
  return new RegExp([escaped(piece), inHex(piece), ...inBase64(piece)].join('|'), 'g');
}

/** A key in PEM is quoted line by line, if at all; its first and last line are no secrets. */
function piecesOf(value: string): string[] {
  const lines = value.split(/\r?\n/).filter((line) => !line.startsWith('-----'));
  return lines.flatMap((line) => {
    const characters = Array.from(line); // code points
    const count = Math.ceil(characters.length / PIECE);
    const size = Math.ceil(characters.length / count);
    const pieces = Array.from({ length: count }, (_, at) =>
      characters.slice(at * size, (at + 1) * size).join(''),
    );
    return pieces.filter((piece) => piece.length >= SHORTEST);
  });
}

/** As it is, or with any of its special characters escaped. */
function escaped(secret: string): string {
  const characters = Array.from(secret.replaceAll(/[ \t]+/g, ' '));
  return characters.map((each) => (/[a-z0-9]/i.test(each) ? each : anyEscape(each))).join('');
}

const ENTITIES: Record<string, string> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' };

function anyEscape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const percent = [...Buffer.from(character)].map((byte) => `%${hex(byte, 2)}`).join('');
  const unicode = character.split('').map((unit) => `\\\\u${hex(unit.charCodeAt(0), 4)}`);
  const entities = [`#0*${code}`, `#[xX]0*${hex(code, 1)}`, ENTITIES[character]].filter(Boolean);
  const plain = character === ' ' ? '[\\s+]' : character.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
  const any = `(?:\\\\{0,8}${plain}|${percent}|${unicode.join('')}|&(?:${entities.join('|')});)`;
  return character === ' ' ? `${any}+` : any;
}

function hex(value: number, digits: number): string {
  return anyCase(value.toString(16).padStart(digits, '0'));
}

function inHex(secret: string): string {
  return anyCase(broken(Buffer.from(secret).toString('hex')));
}

/** Three bytes become four characters, so a secret inside of a longer text looks in one of three ways. */
function inBase64(secret: string): string[] {
  return [0, 1, 2].map((shift) => {
    const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(secret)]);
    const whole = bytes.toString('base64').replace(/=+$/, '');
    // The outer characters hold bits of the neighbours.
    const own = whole.slice(shift === 0 ? 0 : shift + 1, bytes.length % 3 === 0 ? undefined : -1);
    return broken(own).replaceAll('+', '[+\\-]').replaceAll('/', '[/_]');
  });
}

/** Encoders put spaces and line breaks in between. */
function broken(encoded: string): string {
  return encoded.split('').join(String.raw`\s{0,2}`);
}

function anyCase(digits: string): string {
  return digits.replaceAll(/[a-f]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
}
