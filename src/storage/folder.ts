import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { link, mkdir, open, rename, rm, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FolderStoreConfig } from '../config/schema.ts';
import { SafepointError } from '../contract/errors.ts';
import {
  foldersBelow,
  nullWhenAbsent,
  readInfo,
  removeOldUnfinished,
  removeUnfinished,
  unfinishedPath,
  walkKeys,
} from './folderEntries.ts';
import type { CallOptions, ObjectHead, ObjectInfo, ObjectStore, Protection } from './port.ts';
import { guardedStream } from './guardedStream.ts';
import { readSmallText } from './smallText.ts';
import { folderPrefix } from './storeCalls.ts';
import { storeError } from './storeError.ts';

/**
 * Objects as files below a folder, which must exist: a mount that is missing must not be taken for an empty store.
 * A file gets its name only when it is whole and on disk.
 */
export function createFolderStore(name: string, config: FolderStoreConfig): ObjectStore {
  return new FolderStore(name, path.resolve(config.path));
}

class FolderStore implements ObjectStore {
  readonly name: string;
  readonly #root: string;

  constructor(name: string, root: string) {
    this.name = name;
    this.#root = root;
  }

  locate(key: string): string {
    return path.join(this.#root, key);
  }

  async putStream(key: string, body: Readable, options: CallOptions = {}): Promise<void> {
    try {
      await this.#run('write', key, options, async () => {
        await removeUnfinished(this.#pathOf(key));
        await this.#writeFile(key, body, rename, options.signal);
      });
    } finally {
      body.destroy(); // when the file could not even be opened, nothing else ends the source
    }
  }

  async putObject(
    key: string,
    body: string,
    options: CallOptions & { createOnly?: boolean } = {},
  ): Promise<void> {
    const giveName = options.createOnly === true ? linkNew : rename;
    await this.#run('write', key, options, () =>
      this.#writeFile(key, Readable.from([Buffer.from(body)]), giveName, options.signal),
    );
  }

  async getObject(key: string, options: CallOptions = {}): Promise<string | null> {
    return this.#run('read', key, options, async () => {
      const file = await open(this.#pathOf(key), 'r').catch(nullWhenAbsent);
      if (file === null) return null;
      // A folder can be opened, but not be read.
      return await readSmallText(file.createReadStream({ signal: options.signal })).catch(nullWhenAbsent);
    });
  }

  async getStream(key: string, options: CallOptions = {}): Promise<Readable> {
    return this.#run('read', key, options, async () => {
      const file = await open(this.#pathOf(key), 'r');
      return guardedStream(file.createReadStream(), options.signal, (error) =>
        this.#toError('read', key, error),
      );
    });
  }

  async head(key: string, options: CallOptions = {}): Promise<ObjectHead | null> {
    return this.#run('read', key, options, async () => {
      const info = await readInfo(this.#root, this.#checked(key));
      return info === null ? null : { ...info, retainedUntil: null, held: false };
    });
  }

  async *list(prefix: string, options: CallOptions = {}): AsyncIterable<ObjectInfo> {
    await this.#run('list', prefix, options, () => Promise.resolve());
    try {
      for await (const info of walkKeys(this.#root, prefix)) {
        options.signal?.throwIfAborted();
        yield info;
      }
    } catch (error) {
      options.signal?.throwIfAborted();
      throw this.#toError('list', prefix, error);
    }
  }

  async listFolders(prefix: string, options: CallOptions = {}): Promise<string[]> {
    const folder = folderPrefix(prefix);
    return this.#run('list', prefix, options, () => {
      if (folder !== '') this.#checked(folder.slice(0, -1));
      return foldersBelow(this.#root, folder);
    });
  }

  async remove(key: string, options: CallOptions = {}): Promise<void> {
    await this.#run('delete', key, options, async () => {
      await rm(this.#pathOf(key), { force: true });
      await this.#removeEmptyFolders(path.dirname(this.#pathOf(key)));
    });
  }

  async removeUnfinished(prefix: string, olderThan: string, options: CallOptions = {}): Promise<string[]> {
    return this.#run('give back unfinished files below', prefix, options, () => {
      this.#checked(`${prefix}x`);
      return removeOldUnfinished(this.#root, prefix, new Date(olderThan));
    });
  }

  /** What the file system does below us nobody tells. */
  async describeProtection(options: CallOptions = {}): Promise<Protection> {
    return this.#run('ask about', '', options, () =>
      Promise.resolve({
        versioning: false,
        objectLock: false,
        defaultRetention: 'none',
        encryption: null,
        untold: [],
        lockWanted: false,
      }),
    );
  }

  async #writeFile(
    key: string,
    body: Readable,
    giveName: (from: string, to: string) => Promise<void>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const target = this.#pathOf(key);
    const unfinished = unfinishedPath(target, randomUUID());
    await mkdir(path.dirname(target), { recursive: true });
    try {
      const file = createWriteStream(unfinished, { flags: 'wx', mode: 0o640, flush: true });
      await pipeline(body, file, { signal });
      await giveName(unfinished, target);
      await this.#syncFolders(path.dirname(target));
    } finally {
      await rm(unfinished, { force: true });
    }
  }

  /** A new name survives a power cut only when its folder, and those made for it, are on disk too. */
  async #syncFolders(from: string): Promise<void> {
    for (let folder = from; ; folder = path.dirname(folder)) {
      const handle = await open(folder, 'r');
      await handle.sync().finally(() => handle.close());
      if (folder === this.#root) return;
    }
  }

  async #removeEmptyFolders(from: string): Promise<void> {
    for (let folder = from; folder !== this.#root; folder = path.dirname(folder)) {
      const removed = await rmdir(folder).then(
        () => true,
        () => false, // not empty, or another process was faster
      );
      if (!removed) return;
    }
  }

  async #run<T>(verb: string, key: string, options: CallOptions, action: () => Promise<T>): Promise<T> {
    options.signal?.throwIfAborted();
    try {
      await this.#checkRoot();
      return await action();
    } catch (error) {
      options.signal?.throwIfAborted();
      throw this.#toError(verb, key, error);
    }
  }

  async #checkRoot(): Promise<void> {
    const stats = await stat(this.#root).catch(nullWhenAbsent);
    if (stats?.isDirectory() === true) return;
    const reason = 'the folder of the store does not exist; create or mount it';
    throw storeError('StoreFailed', { store: this.name, verb: 'use', location: this.#root }, reason);
  }

  #toError(verb: string, key: string, error: unknown): SafepointError {
    if (error instanceof SafepointError) return error;
    const action = { store: this.name, verb, location: this.locate(key) };
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && syscall === 'link')
      return storeError('ObjectExists', action, 'it is there already', { cause: error });
    const message = error instanceof Error ? error.message : String(error);
    const denied = code === 'EACCES' || code === 'EPERM';
    return storeError(denied ? 'AccessDenied' : 'StoreFailed', action, message, { cause: error });
  }

  #pathOf(key: string): string {
    return path.join(this.#root, this.#checked(key));
  }

  /** A key never leads out of the folder, nor to a second spelling of the same file. */
  #checked(key: string): string {
    const parts = key.split('/');
    if (!parts.some((part) => part === '' || part === '.' || part === '..')) return key;
    const action = { store: this.name, verb: 'use the key', location: key };
    throw storeError('StoreFailed', action, 'a key has non-empty parts other than `.` and `..`');
  }
}

/** Fails with EEXIST when the name is taken, unlike a rename; atomic on every file system with hard links. */
async function linkNew(from: string, to: string): Promise<void> {
  await link(from, to);
}
