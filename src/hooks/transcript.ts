import { stripVTControlCharacters } from 'node:util';
import { redact } from '../system/redact.ts';

/** What is kept of the start and of the end, in characters. */
const HEAD_LENGTH = 16 * 1024;
const TAIL_LENGTH = 48 * 1024;

const LAST_LINES = 20;
/** Where the last lines are looked for. */
const RECENT_LENGTH = 4096;
const LINE_LENGTH = 200;

/** What a hook says, kept with constant memory; all that comes out is cleaned of secrets and colours. */
export interface Transcript {
  add: (text: string) => void;
  /** All of it, or its start and end with a note how much is left out in between. */
  text: () => string;
  /** The last line that is whole and not empty, cut to 200 characters; '' before the first. */
  lastLine: () => string;
  /** Up to 20 of the last lines, for an error; '' when there are none. */
  lastLines: () => string;
}

export function createTranscript(): Transcript {
  let head = '';
  let tail = '';
  let length = 0;

  /** The end of it, from the start of a line on. */
  function recentLines(): string[] {
    const known = length === head.length + tail.length ? head + tail : tail;
    const recent = known.length <= RECENT_LENGTH ? known : wholeLines(known.slice(-RECENT_LENGTH));
    return clean(recent).split(/[\r\n]+/);
  }

  return {
    add(text) {
      length += text.length;
      const room = HEAD_LENGTH - head.length;
      head += text.slice(0, room);
      tail += text.slice(room);
      if (tail.length > 2 * TAIL_LENGTH) tail = tail.slice(-TAIL_LENGTH);
    },
    text() {
      if (length <= HEAD_LENGTH + TAIL_LENGTH) return clean(head + tail);
      const start = head.slice(0, head.lastIndexOf('\n') + 1);
      const end = wholeLines(tail.slice(-TAIL_LENGTH));
      const leftOut = `... ${length - start.length - end.length} characters are left out here ...\n`;
      return clean(start) + leftOut + clean(end);
    },
    lastLine: () =>
      (
        recentLines()
          .slice(0, -1)
          .findLast((line) => line.trim() !== '') ?? ''
      ).slice(0, LINE_LENGTH),
    lastLines: () =>
      recentLines()
        .slice(-LAST_LINES - 1)
        .join('\n')
        .trim(),
  };
}

/** What a cut leaves of a line may begin with half a secret. */
function wholeLines(text: string): string {
  const start = text.indexOf('\n') + 1;
  return start === 0 ? '' : text.slice(start);
}

function clean(text: string): string {
  return redact(stripVTControlCharacters(text));
}
