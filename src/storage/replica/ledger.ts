import { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { ObjectInfo, ObjectStore } from '../port.ts';

/** One object of a copy. Versions are what the stores said of it then: an etag, else the time of the last change. */
export type LedgerEntry = { sizeBytes: number; sha256: string; source: string; target: string };

/**
 * What was copied, with its digests: what makes a copy resumable, and its damage visible. It lies in the leading store of the
 * cluster, never in the target, where nothing may stand that the source does not have.
 */
export interface Ledger {
  readonly entries: Map<string, LedgerEntry>;
  set(key: string, entry: LedgerEntry): void;
  remove(key: string): void;
  /** Writes it when enough time went by since it was last written; call it after each object. */
  saveSometimes(): Promise<void>;
  save(): Promise<void>;
}

const SCHEMA = 'safepoint/replica-ledger/v1';
const FIRST_SAVE_MS = 1_000;
const LONGEST_UNSAVED_MS = 20_000;
/** Saving takes at most a twentieth of the time. */
const SAVE_SHARE = 20;

export function versionOf(info: ObjectInfo): string {
  return info.etag ?? info.modifiedAt;
}

/** `pair`: the places it is of. One that is of other places, or unreadable, is as none: everything is copied again. */
export async function openLedger(
  store: ObjectStore,
  key: string,
  pair: { from: string; to: string },
): Promise<Ledger> {
  const entries =
    (await store.head(key)) === null ? new Map<string, LedgerEntry>() : await read(store, key, pair);
  let isDirty = false;
  let savedMs = performance.now();
  let tookMs = 0;
  let unsavedMs = FIRST_SAVE_MS;
  let saving: Promise<void> | undefined;

  async function write(): Promise<void> {
    isDirty = false;
    const startedMs = performance.now();
    try {
      await store.putStream(key, Readable.from(lines(entries, pair), { objectMode: false }));
    } catch (error) {
      isDirty = true;
      throw error;
    } finally {
      savedMs = performance.now();
      tookMs = savedMs - startedMs;
    }
  }

  return {
    entries,
    set(entryKey, entry) {
      entries.set(entryKey, entry);
      isDirty = true;
    },
    remove(entryKey) {
      isDirty = entries.delete(entryKey) || isDirty;
    },
    async saveSometimes() {
      const due = performance.now() - savedMs > Math.max(unsavedMs, SAVE_SHARE * tookMs);
      if (!isDirty || !due || saving !== undefined) return;
      unsavedMs = Math.min(2 * unsavedMs, LONGEST_UNSAVED_MS);
      saving = write().finally(() => {
        saving = undefined;
      });
      await saving;
    },
    async save() {
      await saving?.catch(() => undefined);
      if (isDirty) await write();
    },
  };
}

/** In pieces: a ledger may have hundreds of thousands of lines. An entry may change meanwhile; each line is whole. */
function* lines(entries: Map<string, LedgerEntry>, pair: { from: string; to: string }): Iterable<Buffer> {
  let piece = `${JSON.stringify({ schema: SCHEMA, ...pair })}\n`;
  for (const [key, { sizeBytes, sha256, source, target }] of entries) {
    piece += `${JSON.stringify([key, sizeBytes, sha256, source, target])}\n`;
    if (piece.length < 64 * 1024) continue;
    yield Buffer.from(piece);
    piece = '';
  }
  yield Buffer.from(piece);
}

async function read(
  store: ObjectStore,
  key: string,
  pair: { from: string; to: string },
): Promise<Map<string, LedgerEntry>> {
  const entries = new Map<string, LedgerEntry>();
  let isHead = true;
  for await (const line of linesOf(await store.getStream(key))) {
    if (isHead) {
      const head = parse(line) as { schema?: string; from?: string; to?: string } | null;
      if (head?.schema !== SCHEMA || head.from !== pair.from || head.to !== pair.to) return entries;
      isHead = false;
      continue;
    }
    const entry = toEntry(parse(line));
    if (entry !== null) entries.set(...entry);
  }
  return entries;
}

async function* linesOf(stream: Readable): AsyncIterable<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const parts = (rest + decoder.write(chunk)).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
}

function toEntry(fields: unknown): [string, LedgerEntry] | null {
  if (!Array.isArray(fields)) return null;
  const [key, sizeBytes, sha256, source, target] = fields as unknown[];
  const isWhole =
    typeof key === 'string' &&
    typeof sizeBytes === 'number' &&
    [sha256, source, target].every((field) => typeof field === 'string');
  return isWhole ? [key, { sizeBytes, sha256, source, target } as LedgerEntry] : null;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
