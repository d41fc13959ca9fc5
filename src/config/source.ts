import { isMap, isNode, isPair, LineCounter, parseDocument, type Document } from 'yaml';

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
  const faults = [...document.errors, ...document.warnings].map((fault) => {
    const { line, col } = lines.linePos(fault.pos[0]);
    return `line ${line}, column ${col}: ${withoutQuote(fault.message)}`;
  });
  const lineOf = (path: readonly PropertyKey[]) => {
    const offset = findOffset(document, path);
    return offset === null ? null : lines.linePos(offset).line;
  };
  if (faults.length > 0) return { raw: undefined, faults, lineOf };
  try {
    return { raw: document.toJS(), faults, lineOf };
  } catch (error) {
    return {
      raw: undefined,
      faults: [withoutQuote(error instanceof Error ? error.message : String(error))],
      lineOf,
    };
  }
}

/** The parser quotes what it stumbled over behind a colon. */
function withoutQuote(message: string): string {
  return message.split(':')[0] ?? message;
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
