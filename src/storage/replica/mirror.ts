import { createHash } from 'node:crypto';
import { SafepointError } from '../../contract/errors.ts';
import type { ObjectInfo, ObjectStore } from '../port.ts';
import { copyObject, readDigest, sourceChanged } from './copyObject.ts';
import { versionOf, type Ledger } from './ledger.ts';
import { sideBySide } from './sideBySide.ts';

export type Progress = { objects: number; ofObjects: number; sizeBytes: number; ofSizeBytes: number };

export type MirrorOptions = {
  from: ObjectStore;
  to: ObjectStore;
  ledger: Ledger;
  /** Everything that the copy is of, in either store. */
  list: (store: ObjectStore, signal?: AbortSignal) => AsyncIterable<ObjectInfo>;
  /** Objects are copied in the order of their ranks; those above 0 give the others their meaning and are written when all is checked. */
  rank: (key: string) => number;
  /** Digests (hex) that objects must have: theirs when the copy began. */
  expected?: ReadonlyMap<string, string>;
  /** Fails when the copy must not be finished as it is. */
  beforeFinish?: () => Promise<void>;
  /** Reads everything that is there already once more, and everything that was written. */
  readBack?: boolean;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
};

/** `mended`: were in the target, but with other bytes. */
export type MirrorResult = {
  objects: number;
  sizeBytes: number;
  copiedObjects: number;
  copiedSizeBytes: number;
  mendedObjects: number;
  removedObjects: number;
  /** Of the list of all digests in the form of `sha256sum`, by key. */
  listSha256: string;
};

/**
 * Makes the target hold what the source holds. What the ledger says of an object, and both stores still say, is not copied again; one
 * that changed in the target is read back. At the end both sides are listed again. Fails with `SourceChanged` when the source is not what it was at the
 * beginning, with `ReplicaFailed` when the target is not what was written; called again it goes on where it was.
 */
export async function mirror(options: MirrorOptions): Promise<MirrorResult> {
  const { from, to, ledger, rank, signal } = options;
  const source = await listAll(options, from);
  const before = await listAll(options, to);
  const counts = { copiedObjects: 0, copiedSizeBytes: 0, mendedObjects: 0 };
  const progress = trackProgress(source.values(), options.onProgress);

  try {
    const ranked = [...source.values()].sort((left, right) => rank(left.key) - rank(right.key));
    const data = ranked.filter(({ key }) => rank(key) === 0);
    await sideBySide(data, bringOver);
    await requireUnchanged(options, source);
    await requireWritten(options, source, data);
    await options.beforeFinish?.();
    for (const info of ranked.slice(data.length)) await bringOver(info);
    const removedObjects = await removeGone();
    return { ...totals(source, ledger), ...counts, removedObjects };
  } finally {
    await ledger.save();
  }

  async function bringOver(info: ObjectInfo): Promise<void> {
    signal?.throwIfAborted();
    const there = before.get(info.key);
    const state = await judge(options, info, there);
    if (state !== 'same') {
      await copyOver(info);
      if (state === 'damaged') counts.mendedObjects += 1;
    }
    progress.done(info);
    await ledger.saveSometimes();
  }

  async function copyOver(info: ObjectInfo): Promise<void> {
    const { sha256, target } = await copyObject(from, to, info, {
      signal,
      onBytes: progress.bytes,
      expectedSha256: options.expected?.get(info.key),
    });
    if (options.readBack === true && (await readDigest(to, info.key, { signal })) !== sha256)
      throw replicaFailed(to, info.key, 'it gives other bytes than were written');
    counts.copiedObjects += 1;
    counts.copiedSizeBytes += info.sizeBytes;
    ledger.set(info.key, {
      sizeBytes: info.sizeBytes,
      sha256,
      source: versionOf(info),
      target: versionOf(target),
    });
  }

  /** Only what the ledger knows as ours: the target may have been given by mistake. */
  async function removeGone(): Promise<number> {
    let removed = 0;
    const gone = [...ledger.entries.keys()].filter((known) => !source.has(known));
    // In reverse: first what gives the data its meaning.
    for (const key of gone.sort((left, right) => rank(right) - rank(left))) {
      if (before.has(key)) {
        await to.remove(key, { signal });
        removed += 1;
      }
      ledger.remove(key);
    }
    return removed;
  }
}

/** `damaged`: it was copied, and something has changed it. */
async function judge(
  { to, ledger, expected, readBack, signal }: MirrorOptions,
  info: ObjectInfo,
  there: ObjectInfo | undefined,
): Promise<'same' | 'missing' | 'damaged'> {
  const known = ledger.entries.get(info.key);
  if (there === undefined || known === undefined || known.source !== versionOf(info)) return 'missing';
  if ((expected?.get(info.key) ?? known.sha256) !== known.sha256) return 'missing';
  if (there.sizeBytes !== info.sizeBytes) return 'damaged';
  if (known.target === versionOf(there) && readBack !== true) return 'same';
  if ((await readDigest(to, info.key, { signal })) !== known.sha256) return 'damaged';
  ledger.set(info.key, { ...known, target: versionOf(there) });
  return 'same';
}

async function listAll(
  { list, signal }: MirrorOptions,
  store: ObjectStore,
): Promise<Map<string, ObjectInfo>> {
  const found = new Map<string, ObjectInfo>();
  for await (const info of list(store, signal)) found.set(info.key, info);
  return found;
}

/** In both directions: what came meanwhile was written by somebody who was at work. */
async function requireUnchanged(options: MirrorOptions, source: ReadonlyMap<string, ObjectInfo>) {
  const { from } = options;
  const now = await listAll(options, from);
  for (const info of source.values()) {
    const other = now.get(info.key);
    if (other === undefined) throw sourceChanged(from, info.key, 'it is gone');
    if (other.sizeBytes !== info.sizeBytes || versionOf(other) !== versionOf(info))
      throw sourceChanged(from, info.key, 'it was written again');
  }
  for (const key of now.keys()) if (!source.has(key)) throw sourceChanged(from, key, 'it is new');
}

/** The second look at the target. */
async function requireWritten(
  options: MirrorOptions,
  source: ReadonlyMap<string, ObjectInfo>,
  data: readonly ObjectInfo[],
) {
  const { to, ledger } = options;
  const now = await listAll(options, to);
  for (const { key } of data) {
    const there = now.get(key);
    if (there?.sizeBytes !== source.get(key)?.sizeBytes)
      throw replicaFailed(to, key, there === undefined ? 'it is gone again' : 'it has another size again');
    const known = ledger.entries.get(key);
    if (there === undefined || known === undefined || known.target === versionOf(there)) continue;
    // S3 tells the second of a change for one object, and its millisecond in a list.
    const isSameSecond =
      known.target.endsWith('.000Z') && known.target.slice(0, 19) === versionOf(there).slice(0, 19);
    if (!isSameSecond) throw replicaFailed(to, key, 'it was written again');
    ledger.set(key, { ...known, target: versionOf(there) });
  }
}

function replicaFailed(to: ObjectStore, key: string, what: string): SafepointError {
  return new SafepointError('ReplicaFailed', `${to.locate(key)} is not what was copied: ${what}`);
}

function totals(source: ReadonlyMap<string, ObjectInfo>, ledger: Ledger) {
  const list = createHash('sha256');
  let sizeBytes = 0;
  for (const key of [...source.keys()].sort()) {
    const entry = ledger.entries.get(key);
    list.update(`${entry?.sha256 ?? ''}  ${key}\n`);
    sizeBytes += entry?.sizeBytes ?? 0;
  }
  return { objects: source.size, sizeBytes, listSha256: list.digest('hex') };
}

function trackProgress(infos: Iterable<ObjectInfo>, onProgress: MirrorOptions['onProgress']) {
  const all = [...infos];
  const progress: Progress = {
    objects: 0,
    ofObjects: all.length,
    sizeBytes: 0,
    ofSizeBytes: all.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
  let doneBytes = 0;
  return {
    bytes: (sizeBytes: number) => {
      progress.sizeBytes += sizeBytes;
      onProgress?.(progress);
    },
    done(info: ObjectInfo) {
      progress.objects += 1;
      doneBytes += info.sizeBytes;
      progress.sizeBytes = Math.max(progress.sizeBytes, doneBytes);
      onProgress?.(progress);
    },
  };
}
