import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import envPaths from 'env-paths';

const marker = '.complete';
const building = new Map<string, Promise<string>>();

/** The user's cache folder for sandbox pieces: `$XDG_CACHE_HOME/safepoint` or what the platform uses instead. */
export function cacheRoot(): string {
  return envPaths('safepoint', { suffix: '' }).cache;
}

/** Where a piece lies once it is whole, or undefined while it is not. */
export function findCached(name: string): string | undefined {
  const dir = path.join(cacheRoot(), name);
  return existsSync(path.join(dir, marker)) ? dir : undefined;
}

/**
 * The folder of a cached piece, built first when it is not there yet. `name` carries the version.
 * The piece is built in a folder beside it and renamed when whole, so an interrupted build leaves nothing that looks usable.
 */
export function cached(name: string, build: (dir: string) => Promise<void>): Promise<string> {
  const ready = findCached(name);
  if (ready !== undefined) return Promise.resolve(ready);
  const running = building.get(name);
  if (running !== undefined) return running;
  const started = buildPiece(name, build).finally(() => building.delete(name));
  building.set(name, started);
  return started;
}

async function buildPiece(name: string, build: (dir: string) => Promise<void>): Promise<string> {
  const root = cacheRoot();
  await mkdir(root, { recursive: true });
  await removeAbandonedBuilds(root);
  const target = path.join(root, name);
  const unfinished = path.join(root, `${name}.building-${process.pid}`);
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished);
  try {
    await build(unfinished);
    await writeFile(path.join(unfinished, marker), `${name}\n`);
    // Another process may have finished the same piece meanwhile: its result is as good as ours.
    if (findCached(name) === undefined) await replaceFolder(unfinished, target);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return target;
}

async function replaceFolder(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await rename(from, to);
}

async function removeAbandonedBuilds(root: string): Promise<void> {
  for (const entry of await readdir(root)) {
    const pid = /\.building-(\d+)$/.exec(entry)?.[1];
    if (pid !== undefined && !isAlive(Number(pid)))
      await rm(path.join(root, entry), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
