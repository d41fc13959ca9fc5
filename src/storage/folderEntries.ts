import type { Dirent } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ObjectInfo } from './port.ts';

const UNFINISHED = /^\..*\.unfinished$/;
const OWN_UNFINISHED = /^\.(.+)\.[0-9a-f-]{36}\.unfinished$/;

/** Where a file is written before it gets its name; never listed. `token` keeps two writers of a key apart. */
export function unfinishedPath(file: string, token: string): string {
  return path.join(path.dirname(file), `.${path.basename(file)}.${token}.unfinished`);
}

/** What writers of this file left that were killed; one that still writes fails then, for its file has no name to give. */
export async function removeUnfinished(file: string): Promise<void> {
  const folder = path.dirname(file);
  const names = (await readdir(folder).catch(nullWhenAbsent)) ?? [];
  const left = names.filter((name) => name.startsWith(`.${path.basename(file)}.`) && UNFINISHED.test(name));
  await Promise.all(left.map((name) => rm(path.join(folder, name), { force: true })));
}

/** The same for every file below a prefix that was last written to before `olderThan`; returns their keys. */
export async function removeOldUnfinished(root: string, prefix: string, olderThan: Date): Promise<string[]> {
  const from = path.posix.dirname(`${prefix}x`);
  const names = await readdir(path.join(root, from), { recursive: true }).catch(nullWhenAbsent);
  const removed: string[] = [];
  for (const name of names ?? []) {
    const file = path.join(root, from, name);
    const written = OWN_UNFINISHED.exec(path.basename(file))?.[1];
    if (written === undefined) continue;
    const key = path.relative(root, path.join(path.dirname(file), written));
    const stats = await stat(file).catch(nullWhenAbsent);
    if (!key.startsWith(prefix) || stats === null || stats.mtime >= olderThan) continue;
    await rm(file, { force: true });
    removed.push(key);
  }
  return removed;
}

/** Files whose key starts with the prefix, in the byte order of the keys, as S3 lists them. */
export async function* walkKeys(root: string, prefix: string, folder = ''): AsyncIterable<ObjectInfo> {
  for (const entry of await sortedEntries(path.join(root, folder))) {
    const key = folder + keyPart(entry);
    if (entry.isDirectory()) {
      if (key.startsWith(prefix) || prefix.startsWith(key)) yield* walkKeys(root, prefix, key);
      continue;
    }
    if (!key.startsWith(prefix)) continue;
    const info = await readInfo(root, key);
    if (info !== null) yield info;
  }
}

/** Folders directly below that hold at least one file; S3 knows no empty ones either. */
export async function foldersBelow(root: string, prefix: string): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await sortedEntries(path.join(root, prefix))) {
    if (entry.isDirectory() && (await holdsFile(root, `${prefix}${entry.name}/`))) names.push(entry.name);
  }
  return names;
}

/** `null` when there is no file under the key. */
export async function readInfo(root: string, key: string): Promise<ObjectInfo | null> {
  const stats = await stat(path.join(root, key)).catch(nullWhenAbsent);
  if (stats?.isFile() !== true) return null;
  return { key, sizeBytes: stats.size, modifiedAt: stats.mtime.toISOString() };
}

export function nullWhenAbsent(error: unknown): null {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return null; // a folder is no object
  throw error;
}

async function holdsFile(root: string, prefix: string): Promise<boolean> {
  for await (const _ of walkKeys(root, prefix, prefix)) return true;
  return false;
}

async function sortedEntries(folder: string): Promise<Dirent[]> {
  const entries = (await readdir(folder, { withFileTypes: true }).catch(nullWhenAbsent)) ?? [];
  return entries
    .filter((entry) => entry.isDirectory() || (entry.isFile() && !UNFINISHED.test(entry.name)))
    .sort((left, right) => Buffer.compare(Buffer.from(keyPart(left)), Buffer.from(keyPart(right))));
}

function keyPart(entry: Dirent): string {
  return entry.isDirectory() ? `${entry.name}/` : entry.name;
}
