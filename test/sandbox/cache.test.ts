import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cached, cacheRoot, findCached } from '../../sandbox/stack/cache.ts';

const before = process.env['XDG_CACHE_HOME'];
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'safepoint-cache-'));
  process.env['XDG_CACHE_HOME'] = folder;
});

afterEach(async () => {
  if (before === undefined) delete process.env['XDG_CACHE_HOME'];
  else process.env['XDG_CACHE_HOME'] = before;
  await rm(folder, { recursive: true, force: true });
});

describe('sandbox/stack/cache: cached', () => {
  it('builds once for callers side by side, and not again later', async () => {
    let builds = 0;
    const build = async (dir: string) => {
      builds += 1;
      await writeFile(path.join(dir, 'piece'), 'whole');
    };

    const [first, second] = await Promise.all([cached('a-1', build), cached('a-1', build)]);
    const third = await cached('a-1', build);

    expect([first, second, third]).toEqual(Array(3).fill(path.join(cacheRoot(), 'a-1')));
    expect(builds).toBe(1);
    await expect(readFile(path.join(third, 'piece'), 'utf8')).resolves.toBe('whole');
  });

  it('leaves nothing behind when a build fails, and builds at the next call', async () => {
    const failing = cached('a-1', () => Promise.reject(new Error('no network')));

    await expect(failing).rejects.toThrow('no network');

    expect(findCached('a-1')).toBeUndefined();
    await expect(readdir(cacheRoot())).resolves.toEqual([]);
    await expect(cached('a-1', () => Promise.resolve())).resolves.toBe(path.join(cacheRoot(), 'a-1'));
  });

  it('takes no half-built folder for a piece, and clears away what a killed process left', async () => {
    const halfBuilt = path.join(cacheRoot(), 'a-1');
    const abandoned = path.join(cacheRoot(), 'b-1.building-999999999');
    await mkdir(path.join(halfBuilt, 'remains'), { recursive: true });
    await mkdir(abandoned);

    const dir = await cached('a-1', (target) => writeFile(path.join(target, 'piece'), ''));

    expect(existsSync(abandoned)).toBe(false);
    await expect(readdir(dir)).resolves.toEqual(expect.not.arrayContaining(['remains']));
  });
});
