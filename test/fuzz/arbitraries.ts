import fc from 'fast-check';

/** Words that mean something to parsers, prototypes, terminals and file systems. */
const TRICKY_TEXTS = [
  '',
  ' ',
  '\0',
  '\ufeff',
  '\r\n',
  '\ud800',
  '\u001b[31mred',
  '\u009b2J',
  '..',
  '../..',
  '/',
  'a/b',
  'a\\b',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'null',
  'true',
  '0x1f',
  '1e400',
  'NaN',
  '-1',
  '9007199254740993',
  '9'.repeat(40),
  'x'.repeat(5_000),
  'COMPLETED',
  'complete',
  'COMPLETED ',
  'PENDING_REVIEW',
  'not a date',
  '2026-13-45T99:99:99Z',
];

const TRICKY_VALUES = [
  null,
  true,
  false,
  0,
  -0,
  -1,
  1.5,
  2 ** 31,
  2 ** 53,
  8_640_000_000_000_001, // one millisecond past the last date
  Number.MAX_SAFE_INTEGER,
  1e300,
  5e-324,
  [],
  {},
  [[]],
  [null],
];

/** Any text, often one that has broken a program before. */
export const trickyText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...TRICKY_TEXTS),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 40 }),
);

/** Any value that JSON can hold. */
export const trickyValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<unknown>(...TRICKY_VALUES) },
  { weight: 2, arbitrary: trickyText },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.dictionary(trickyText, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 4 }) },
);

type Change = {
  at: number;
  how: 'delete' | 'rename' | 'replace' | 'add' | 'repeat';
  key: string;
  value: unknown;
};

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(10_000),
  how: fc.constantFrom('delete', 'rename', 'replace', 'replace', 'add', 'repeat'),
  key: trickyText,
  value: trickyValue,
});

/** The valid value with one to `most` changes at places of any depth. */
export function mutated(valid: unknown, most = 3): fc.Arbitrary<unknown> {
  return fc
    .array(change, { minLength: 1, maxLength: most })
    .map((changes) => changes.reduce<unknown>(apply, structuredClone(valid)));
}

type Slot = { holder: object; key: string };

function apply(root: unknown, { at, how, key, value }: Change): unknown {
  const slots = slotsOf(root);
  const slot = slots[at % (slots.length + 1)];
  if (slot === undefined) return how === 'replace' ? value : root;
  const { holder } = slot;
  const old: unknown = Reflect.get(holder, slot.key);
  const fresh = structuredClone(value);
  if (how === 'delete' || how === 'rename') Reflect.deleteProperty(holder, slot.key);
  if (how === 'rename') set(holder, key, old);
  if (how === 'replace') set(holder, slot.key, fresh);
  if (how === 'add') set(holder, Array.isArray(holder) ? String(holder.length) : key, fresh);
  if (how === 'repeat' && Array.isArray(holder)) holder.push(structuredClone(old));
  return root;
}

function slotsOf(value: unknown): Slot[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [{ holder: value, key }, ...slotsOf(inner)]);
}

/** Also sets `__proto__` as a field of its own, as a parser does. */
function set(holder: object, key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true });
}

/** Brackets in brackets, deeper than any parser likes; `closed` or cut off. */
export const deepText: fc.Arbitrary<string> = fc
  .record({
    depth: fc.constantFrom(50, 500, 2_000, 20_000),
    isList: fc.boolean(),
    closed: fc.boolean(),
  })
  .map(({ depth, isList, closed }) => {
    const [open, close] = isList ? ['[', ']'] : ['{"a":', '}'];
    return `${open.repeat(depth)}1${closed ? close.repeat(depth) : ''}`;
  });

/** What a terminal may obey: everything that controls but line breaks and tabs. */
export const OBEYED = /(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;
