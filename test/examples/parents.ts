import { createHash } from 'node:crypto';
import { cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { buildPackage } from '../../scripts/buildPackage.ts';
import { cached } from '../../sandbox/stack/cache.ts';
import { startProcess, type RunningProcess } from '../../sandbox/stack/process.ts';

const EXAMPLES = path.join(import.meta.dirname, '../../examples');

/** An example set up as its README says, and ready to be run. */
export interface Parent {
  /** Its own folder, with what it depends on. */
  folder: string;
  taskQueue: string;
  startWorker(address: string): Promise<RunningProcess>;
}

/** A copy outside of the repository, with the package of Safepoint that it names, installed by npm. */
export async function installTypeScriptParent(dataDir: string): Promise<Parent> {
  const folder = path.join(dataDir, 'examples', 'typescript-parent');
  cpSync(path.join(EXAMPLES, 'typescript-parent'), folder, {
    recursive: true,
    filter: (file) => path.basename(file) !== 'node_modules',
  });
  await buildPackage(path.join(dataDir, 'dist'));
  await execa('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund'], { cwd: folder });
  return {
    folder,
    taskQueue: 'deployments-typescript',
    startWorker: (address) => start('typescript', process.execPath, folder, dataDir, address, 'worker.ts'),
  };
}

/** In place, with a virtual environment in the cache; a change of its requirements makes a new one. */
export async function installPythonParent(dataDir: string): Promise<Parent> {
  const folder = path.join(EXAMPLES, 'python-parent');
  const requirements = path.join(folder, 'requirements.txt');
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const environment = await cached(`python-parent-${digest}`, async (target) => {
    await execa('python3', ['-m', 'venv', target]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--requirement', requirements];
    await execa(path.join(target, 'bin', 'python'), pip);
  });
  const python = path.join(environment, 'bin', 'python');
  return {
    folder,
    taskQueue: 'deployments-python',
    startWorker: (address) => start('python', python, folder, dataDir, address, 'worker.py'),
  };
}

function start(
  name: string,
  command: string,
  cwd: string,
  dataDir: string,
  address: string,
  file: string,
): Promise<RunningProcess> {
  return startProcess({
    ...{ name, command, args: [file], cwd },
    logFile: path.join(dataDir, 'logs', `${name}.log`),
    env: { TEMPORAL_ADDRESS: address, PYTHONDONTWRITEBYTECODE: '1' },
  });
}
