import { Transform } from 'node:stream';
import { SafepointError } from '../contract/errors.ts';

/** What a line becomes; the same text leaves it as it is. Neither holds the line break. */
export type EditLine = (line: string) => string;

/** Longer ones are no SQL that pg_dumpall writes; the rows of tables are not lines in this sense. */
const longestLine = 64 * 1024 ** 2;
const newline = 0x0a;
const endOfCopy = Buffer.from('\n\\.\n');

/**
 * Passes a dump of pg_dumpall on, and lets `edit` change its lines of SQL: those that begin and end outside of rows of COPY,
 * texts, names and bodies of functions, so that nothing that was stored in a database is ever taken for a statement. No line is
 * added or taken away, so that psql counts them as they were. pg_dumpall writes no block comments. Memory is constant.
 */
export function createDumpEditor(edit: EditLine): Transform {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let isInCopy = false;
  let open: Open = null;

  function take(chunk: Buffer): Buffer {
    const bytes = held.length === 0 ? chunk : Buffer.concat([...held, chunk]);
    held = [];
    heldBytes = 0;
    return bytes;
  }

  function hold(bytes: Buffer): void {
    if (bytes.length === 0) return;
    held.push(Buffer.from(bytes)); // a copy: a slice would keep the whole chunk alive
    heldBytes += bytes.length;
    if (heldBytes > longestLine)
      throw new SafepointError('DatabaseRestoreFailed', `a line of SQL is longer than ${longestLine} bytes`);
  }

  function work(chunk: Buffer, push: (bytes: Buffer) => void): void {
    if (!isInCopy && !chunk.includes(newline)) {
      hold(chunk);
      return;
    }
    const bytes = take(chunk);
    let at = 0;
    while (at < bytes.length) {
      if (isInCopy) {
        const end = bytes.indexOf(endOfCopy, at);
        const next = end === -1 ? Math.max(at, bytes.length - endOfCopy.length + 1) : end + endOfCopy.length;
        push(bytes.subarray(at, next));
        at = next;
        if (end === -1) break;
        isInCopy = false;
        continue;
      }
      const end = bytes.indexOf(newline, at);
      if (end === -1) break;
      const line = bytes.subarray(at, end);
      const wasOpen = open;
      open = scanLine(line.toString('latin1'), open);
      if (wasOpen === null && open === null) {
        isInCopy = isCopy(line);
        push(edited(line, edit));
      } else push(line);
      // The line break before the first row belongs to the end of a table without rows.
      if (!isInCopy) push(bytes.subarray(end, end + 1));
      at = isInCopy ? end : end + 1;
    }
    hold(bytes.subarray(at));
  }

  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        work(chunk, (bytes) => this.push(bytes));
        done();
      } catch (error) {
        done(error as Error);
      }
    },
    flush(done) {
      if (held.length > 0) this.push(Buffer.concat(held));
      done();
    },
  });
}

/** What is open at the end of a line: a text, a text with escapes (`E'…'`), a name, or a body between two tags (`$$`). */
type Open = null | "'" | "E'" | '"' | `$${string}`;

// Not within a name, where both are letters like others.
const opening =
  /--|(?<![\w$\x80-\xff])[eE]'|'|"|(?<![\w$\x80-\xff])\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?\$/g;

function scanLine(line: string, from: Open): Open {
  if (from === null && line.startsWith('\\')) return null; // a command of psql
  let open = from;
  let at = 0;
  for (;;) {
    if (open !== null) {
      const end = endOf(line, open, at);
      if (end === -1) return open;
      at = end;
    }
    opening.lastIndex = at;
    const found = opening.exec(line);
    if (found === null || found[0] === '--') return null;
    at = opening.lastIndex;
    open = (found[0] === "e'" ? "E'" : found[0]) as Open;
  }
}

/** Behind the end of what is open; -1 where the line does not end it. A doubled quote ends one and opens the next. */
function endOf(line: string, open: Exclude<Open, null>, from: number): number {
  if (open === "E'") {
    for (let at = from; at < line.length; at += 1) {
      if (line[at] === '\\') at += 1;
      else if (line[at] === "'" && line[at + 1] === "'") at += 1;
      else if (line[at] === "'") return at + 1;
    }
    return -1;
  }
  const end = line.indexOf(open, from);
  return end === -1 ? -1 : end + open.length;
}

function isCopy(line: Buffer): boolean {
  const text = line.toString('latin1');
  return text.startsWith('COPY ') && text.endsWith(' FROM stdin;');
}

function edited(line: Buffer, edit: EditLine): Buffer {
  const text = line.toString('utf8');
  const changed = edit(text);
  return changed === text ? line : Buffer.from(changed);
}
