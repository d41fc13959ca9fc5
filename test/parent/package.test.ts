import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { execa } from 'execa';
import { buildPackage } from '../../scripts/buildPackage.ts';
import { buildKept } from '../support/keeper.ts';

const root = path.join(import.meta.dirname, '../..');
const EXAMPLE = ['workflows.ts', 'activities.ts', 'tsconfig.json'];
/** One mistake a line, from the second one on. */
const MISTAKES = [
  "import { backupChild, type BackupStatus, type ErrorCode } from 'safepoint';",
  "export const verdict: 'good' = (await backupChild({ cluster: 'prod' })).verdict;",
  'await backupChild({ clusters: [] });',
  "await backupChild({ cluster: 'prod' }, { retry: {} });",
  "export const code: ErrorCode = 'Busy';",
  'export const step = ({} as BackupStatus).step;',
];

let scene: { folder: string; stop: () => Promise<void> };

/** The workflow of the example beside the package, as npm unpacks it; what else it needs comes from here. */
beforeAll(async () => {
  scene = await buildKept('package', async ({ dataDir, stop }) => {
    const folder = path.join(dataDir, 'parent');
    for (const file of EXAMPLE)
      cpSync(path.join(root, 'examples/typescript-parent', file), path.join(folder, file));
    writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
    const archive = await buildPackage(dataDir);
    await execa('npm', ['install', '--omit=peer', '--prefer-offline', '--no-audit', archive], {
      cwd: folder,
    });
    for (const name of ['@temporalio', '@types'])
      symlinkSync(path.join(root, 'node_modules', name), path.join(folder, 'node_modules', name));
    return { folder, stop };
  });
}, 120_000);
afterAll(async () => {
  await scene.stop();
});

describe('parent: the package, installed by npm in another folder', () => {
  it('has types that fit together, with the example, and refuse mistakes', async () => {
    writeFileSync(path.join(scene.folder, 'mistakes.ts'), MISTAKES.join('\n'));

    const { stdout } = await execa(
      path.join(root, 'node_modules/.bin/tsc'),
      ['--pretty', 'false', '--skipLibCheck', 'false'],
      { cwd: scene.folder, reject: false },
    );

    // Without those of others, whose declarations are not of this test.
    const complaints = [...stdout.matchAll(/^(\w+\.ts|node_modules\/safepoint\/\S+)\((\d+),/gm)];
    expect(complaints.map(([, file, line]) => [file, Number(line)])).toEqual(
      [2, 3, 4, 5, 6].map((line) => ['mistakes.ts', line]),
    );
  }, 90_000);

  it('is bundled for workflows, without zod', async () => {
    const { code } = await bundleWorkflowCode({
      workflowsPath: path.join(scene.folder, 'workflows.ts'),
      logger: new DefaultLogger('ERROR'),
    });

    const modules = [...code.matchAll(/^\/\*\*\*\/ "([^"]+)"/gm)].map(([, name = '']) => name);
    const own = modules.flatMap((name) => name.split('/node_modules/safepoint/').slice(1));
    expect(own.sort()).toEqual(['contract/names.js', 'parent/backupChild.js']);
    expect(modules.filter((name) => name.includes('/zod/'))).toEqual([]);
  }, 60_000);

  it('exports this and nothing else', async () => {
    const script = "import * as all from 'safepoint'; console.log(JSON.stringify(Object.keys(all)))";

    const { stdout } = await execa(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: scene.folder,
    });

    expect(JSON.parse(stdout)).toEqual([
      ...['BACKUP_WORKFLOW', 'GET_STATUS_QUERY', 'TASK_QUEUE', 'backupChild', 'errorCatalogue'],
    ]);
  });

  it('brings the schemas of input and result, and no second copy of the SDK', () => {
    const installed = path.join(scene.folder, 'node_modules/safepoint');

    for (const name of ['backup-input.schema.json', 'backup-result.schema.json'])
      expect(readFileSync(path.join(installed, 'schema', name), 'utf8')).toBe(
        readFileSync(path.join(root, 'schema', name), 'utf8'),
      );
    expect(existsSync(path.join(installed, 'node_modules'))).toBe(false);
  });
});

describe('parent: the example in TypeScript', () => {
  it('depends on the versions that Safepoint has', () => {
    const read = (file: string) => JSON.parse(readFileSync(path.join(root, file), 'utf8')) as Package;
    const own = read('package.json');
    const example = read('examples/typescript-parent/package.json');

    const { safepoint, ...others } = { ...example.dependencies, ...example.devDependencies };

    expect(safepoint).toBe(`file:../../dist/safepoint-${own.version}.tgz`);
    expect({ ...own.dependencies, ...own.devDependencies }).toMatchObject(others);
  });
});

type Package = Record<'dependencies' | 'devDependencies', Record<string, string>> & { version: string };
