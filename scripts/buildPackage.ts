import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import packageJson from '../package.json' with { type: 'json' };

const root = path.join(import.meta.dirname, '..');

/**
 * Writes `safepoint-<version>.tgz` into the folder and returns its path: what a parent workflow imports, as JavaScript, since
 * neither Node nor Temporal's bundler takes TypeScript out of `node_modules`. See docs/decisions/0015-package-for-parents.md.
 */
export async function buildPackage(folder: string): Promise<string> {
  const content = path.join(folder, 'package');
  rmSync(content, { recursive: true, force: true });
  mkdirSync(content, { recursive: true });
  await execa('npx', ['tsc', '--project', 'tsconfig.package.json', '--outDir', content], { cwd: root });
  for (const name of ['backup-input.schema.json', 'backup-result.schema.json'])
    cpSync(path.join(root, 'schema', name), path.join(content, 'schema', name));
  cpSync(path.join(root, 'LICENSE'), path.join(content, 'LICENSE'));
  writeFileSync(path.join(content, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`);
  await execa('npm', ['pack', '--pack-destination', folder], { cwd: content });
  return path.join(folder, `${packageJson.name}-${packageJson.version}.tgz`);
}

function manifest() {
  const { name, version, description, license, type, dependencies } = packageJson;
  return {
    ...{ name, version, description, license, type },
    exports: {
      '.': { types: './parent/index.d.ts', default: './parent/index.js' },
      './schema/*': './schema/*',
    },
    sideEffects: false,
    dependencies: { zod: dependencies.zod }, // for its types alone
    // One copy, that of the parent: a second one would not see its cancellation scopes.
    peerDependencies: { '@temporalio/workflow': `^${dependencies['@temporalio/workflow']}` },
  };
}

if (import.meta.main) console.log(await buildPackage(path.join(root, 'dist')));
