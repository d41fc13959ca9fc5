import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { createObjectStore } from '../../src/storage/objectStore.ts';
import { collect } from './collect.ts';
import { describeObjectStore, type StoreFixture } from './conformance.ts';

async function openFolder(): Promise<StoreFixture & { root: string }> {
  const root = await mkdtemp(path.join(os.tmpdir(), 'safepoint-folder-'));
  return {
    root,
    store: createObjectStore('local', { type: 'folder', path: root }),
    async unfinished() {
      const entries = await readdir(root, { recursive: true });
      return entries.filter((entry) => entry.endsWith('.unfinished'));
    },
    close: () => rm(root, { recursive: true }),
  };
}

describeObjectStore('storage/folder', openFolder);

describe('storage/folder: what only a folder can do', () => {
  it('does not list a file that is still being written', async () => {
    const { root, store, close } = await openFolder();
    await store.putObject('set/a', 'x');
    await writeFile(path.join(root, 'set', '.b.0000.unfinished'), 'half');

    const found = await collect(store.list(''));

    expect(found.map(({ key }) => key)).toEqual(['set/a']);
    await close();
  });

  it('lists a folder where its slash sorts among other keys, as S3 does', async () => {
    const { store, close } = await openFolder();
    for (const key of ['a0', 'a/b', 'a.b']) await store.putObject(key, 'x');

    const found = await collect(store.list(''));

    expect(found.map(({ key }) => key)).toEqual(['a.b', 'a/b', 'a0']);
    await close();
  });

  it('leaves no empty folder behind a deleted object, and lists none', async () => {
    const { root, store, close } = await openFolder();
    await store.putObject('gone/set/a', 'x');
    await mkdir(path.join(root, 'empty/inner'), { recursive: true });

    await store.remove('gone/set/a');

    expect(await readdir(root)).toEqual(['empty']);
    expect(await store.listFolders('')).toEqual([]);
    await close();
  });

  it('sweeps what killed writers left, by prefix and age', async () => {
    const { root, store, close } = await openFolder();
    await store.putObject('set/1/a', 'x');
    const leave = (folder: string) =>
      writeFile(path.join(root, folder, `.dump.${randomUUID()}.unfinished`), 'half');
    await leave('set/1');
    await mkdir(path.join(root, 'set/2'));
    await leave('set/2');
    const hour = 3_600_000;

    const young = await store.removeUnfinished('set/1/', new Date(Date.now() - hour).toISOString());
    const swept = await store.removeUnfinished('set/1/', new Date(Date.now() + hour).toISOString());

    expect(young).toEqual([]);
    expect(swept).toEqual(['set/1/dump']);
    expect(await readdir(path.join(root, 'set/1'))).toEqual(['a']);
    expect(await readdir(path.join(root, 'set/2'))).toHaveLength(1);
    await expect(store.removeUnfinished('../', new Date().toISOString())).rejects.toThrow('a key has');
    await close();
  });

  // Bash counts in KiB. A full disk says ENOSPC in the same place; test/faults has one of those, where one may mount.
  it('says so when nothing more can be written, and leaves nothing under the name', async () => {
    const { root, store, unfinished, close } = await openFolder();
    const script = path.join(import.meta.dirname, 'writeUntilFull.ts');

    const run = await execa(
      'bash',
      ['-c', 'ulimit -f 1024; trap "" XFSZ; exec "$0" "$@"', process.execPath, script, root],
      { reject: false },
    );

    expect(run.stdout).toContain('StoreFailed: store local: could not write');
    expect(run.stdout).toContain('EFBIG');
    expect(await store.head('set/dump')).toBeNull();
    expect(await unfinished()).toEqual([]);
    expect(await store.getObject('set/small')).toBe('x');
    await close();
  });

  it('refuses a folder that does not exist instead of making one', async () => {
    const missing = path.join(os.tmpdir(), 'safepoint-no-such-mount');
    const store = createObjectStore('nas', { type: 'folder', path: missing });

    const put = store.putObject('set/a', 'x');

    await expect(put).rejects.toMatchObject({ code: 'StoreFailed' });
    await expect(put).rejects.toThrow(`store nas: could not use ${missing}`);
    await expect(store.head('set/a')).rejects.toMatchObject({ code: 'StoreFailed' });
    await expect(stat(missing)).rejects.toThrow('ENOENT');
  });

  it.each(['../outside', 'set/../../outside', '/outside', 'set//a', 'set/./a', ''])(
    'refuses the key %j',
    async (key) => {
      const { store, close } = await openFolder();

      const put = store.putObject(key, 'x');

      await expect(put).rejects.toMatchObject({ code: 'StoreFailed' });
      await close();
    },
  );

  it('takes a folder for no object, and lists nothing outside', async () => {
    const { store, close } = await openFolder();
    await store.putObject('set/manifest.json/a', 'x');

    expect(await store.getObject('set/manifest.json')).toBeNull();
    await expect(store.listFolders('../')).rejects.toMatchObject({ code: 'StoreFailed' });
    await close();
  });

  it('fails and keeps nothing where a file stands in the way', async () => {
    const { root, store, unfinished, close } = await openFolder();
    await store.putObject('set', 'a file');

    const put = store.putObject('set/a', 'x', { createOnly: true });

    await expect(put).rejects.toMatchObject({ code: 'StoreFailed' });
    await expect(put).rejects.toThrow(path.join(root, 'set/a'));
    expect(await unfinished()).toEqual([]);
    await close();
  });
});
