import { existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';

/** A file system of a few kilobytes at a folder of the test. */
export interface TinyDisk {
  freeBytes(): number;
  /** Takes all that is left. */
  fill(): void;
  free(): void;
  remount(options: string): Promise<void>; // `ro`, `rw` or `size=10m`
  unmount(): Promise<void>;
}

/** Mounting takes root, and in a container more than that. */
export async function whyNoMounts(folder: string): Promise<string> {
  if (process.getuid?.() !== 0) return 'mounting a file system takes root';
  try {
    await (await mountTinyDisk(path.join(folder, 'probe'), '64k')).unmount();
    return '';
  } catch (error) {
    return `no file system can be mounted here: ${(error as Error).message.split('\n')[0] ?? ''}`;
  }
}

export async function mountTinyDisk(folder: string, size: string): Promise<TinyDisk> {
  mkdirSync(folder, { recursive: true });
  await execa('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
  const ballast = path.join(folder, '.ballast');
  const freeBytes = () => {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  };
  return {
    freeBytes,
    fill() {
      writeFileSync(ballast, Buffer.alloc(freeBytes()));
    },
    free() {
      if (existsSync(ballast)) rmSync(ballast);
    },
    async remount(options) {
      await execa('mount', ['-o', `remount,${options}`, folder]);
    },
    async unmount() {
      await execa('umount', ['--lazy', folder]);
    },
  };
}
