export const TAIL_BYTES = 4096;
const trailer = '-- PostgreSQL database cluster dump complete';

/**
 * Watches a dump go by for the line that pg_dumpall writes last. Each database ends in `-- PostgreSQL database dump complete`
 * (without "cluster"), which is not it. PostgreSQL 15.18 ends in `--`, the line, `--`; a `\unrestrict` line after it is
 * accepted, since that of each database stands after its own trailer.
 */
export interface TrailerWatch {
  add(chunk: Buffer): void;
  seen(): boolean;
}

export function createTrailerWatch(): TrailerWatch {
  let tail = Buffer.alloc(0);
  return {
    add(chunk) {
      const joined = chunk.length >= TAIL_BYTES ? chunk : Buffer.concat([tail, chunk]);
      tail = Buffer.from(joined.subarray(-TAIL_BYTES)); // a copy: a slice would keep the whole chunk alive
    },
    seen: () => endsInTrailer(tail.toString('latin1')),
  };
}

function endsInTrailer(text: string): boolean {
  if (!text.endsWith('\n')) return false;
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (lines.at(-1)?.startsWith('\\unrestrict ') === true) lines.pop();
  return lines.slice(-3).join('\n') === `--\n${trailer}\n--`;
}
