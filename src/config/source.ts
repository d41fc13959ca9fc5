import { isMap, isNode, isPair, isScalar, LineCounter, parseDocument, visit, type Document } from 'yaml';

/** A parsed YAML file that still knows where each field stands. */
export type ConfigSource = {
  raw: unknown;
  /** Faults of the YAML itself, each with line and column; without the quoted text, which may be a secret. */
  faults: string[];
  /** Line of the field, or of the nearest field around it when it is missing. */
  lineOf(path: readonly PropertyKey[]): number | null;
};

export function parseConfigSource(text: string): ConfigSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const faultAt = (offset: number, what: string) => {
    const { line, col } = lines.linePos(offset);
    return `line ${line}, column ${col}: ${what}`;
  };
  const faults = [...document.errors, ...document.warnings].map((fault) =>
    faultAt(fault.pos[0], withoutQuote(fault.message)),
  );
  const lineOf = (path: readonly PropertyKey[]) => {
    const offset = findOffset(document, path);
    return offset === null ? null : lines.linePos(offset).line;
  };
  if (faults.length > 0) return { raw: undefined, faults, lineOf };
  try {
    const strangeKeys = offsetsOfStrangeKeys(document).map((offset) =>
      faultAt(offset, 'A key must be a text'),
    );
    if (strangeKeys.length > 0) return { raw: undefined, faults: strangeKeys, lineOf };
    const raw: unknown = document.toJS();
    if (holdsItself(raw))
      return { raw: undefined, faults: ['An alias stands inside of its own anchor'], lineOf };
    return { raw, faults, lineOf };
  } catch (error) {
    return {
      raw: undefined,
      faults: [withoutQuote(error instanceof Error ? error.message : String(error))],
      lineOf,
    };
  }
}

/** The parser quotes what it stumbled over behind a colon; escapes, directives and tags stand where they are. */
function withoutQuote(message: string): string {
  return (message.split(/[:\\%!]/)[0] ?? '').trimEnd();
}

/** Lists and fields in place of a key: the parser would print them, and what stands in them may be a secret. */
function offsetsOfStrangeKeys(document: Document): number[] {
  const offsets: number[] = [];
  visit(document, {
    Pair(_key, { key }) {
      if (isNode(key) && !isScalar(key)) offsets.push(key.range?.[0] ?? 0);
    },
  });
  return offsets;
}

function holdsItself(value: unknown, around: unknown[] = []): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return (
    around.includes(value) || Object.values(value).some((inner) => holdsItself(inner, [...around, value]))
  );
}

function findOffset(document: Document, path: readonly PropertyKey[]): number | null {
  for (let length = path.length; length > 0; length--) {
    const parent: unknown =
      length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const step = String(path[length - 1]);
    const pair = isMap(parent)
      ? parent.items.find((item) => isPair(item) && String(item.key) === step)
      : undefined;
    const node: unknown = pair?.key ?? document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return null;
}
