import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { missingEntries, type Lock } from '../../scripts/completeLock.ts';

const root = path.join(import.meta.dirname, '..', '..');
const packageJson = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
};

describe('toolchain: the Node that runs', () => {
  it('is 24 here, whatever Node the machine has', () => {
    expect(process.versions.node).toMatch(/^24\./);
  });

  it('is 24 in npm scripts that a Node of the machine starts', async () => {
    const { stdout } = await execa('npm', ['run', '--silent', 'node-version'], { cwd: root });

    expect(stdout).toMatch(/^v24\./m);
  });
});

describe('toolchain: versions', () => {
  it('are exact for every direct dependency', () => {
    const all = {
      ...packageJson.dependencies,
      ...packageJson.devDependencies,
      ...packageJson.optionalDependencies,
    };

    expect(Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  it('are one and the same for everything of Temporal', () => {
    const temporal = Object.entries({ ...packageJson.dependencies, ...packageJson.devDependencies }).filter(
      ([name]) => name.startsWith('@temporalio/'),
    );

    expect(new Set(temporal.map(([, version]) => version)).size).toBe(1);
  });

  it('are installed once where two copies break the replay of histories', async () => {
    const { stdout } = await execa('npm', ['ls', 'protobufjs', '@temporalio/common', '--all', '--json'], {
      cwd: root,
    });

    expect(versionsOf(JSON.parse(stdout) as Tree, '@temporalio/common').size).toBe(1);
    expect([...versionsOf(JSON.parse(stdout) as Tree, 'protobufjs', '@temporalio/')]).toEqual([
      packageJson.dependencies['protobufjs'],
    ]);
  });
});

type Tree = { version?: string; dependencies?: Record<string, Tree> };

/** Versions of a package in the tree, only below packages whose names begin so. */
function versionsOf(tree: Tree, name: string, below = '', parent = ''): Set<string> {
  const found = new Set<string>();
  for (const [child, subtree] of Object.entries(tree.dependencies ?? {})) {
    if (child === name && parent.startsWith(below) && subtree.version !== undefined)
      found.add(subtree.version);
    for (const version of versionsOf(subtree, name, below, child)) found.add(version);
  }
  return found;
}

describe('toolchain: the lock', () => {
  it('names the packages of every platform, without which npm ci refuses it', () => {
    const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as Lock;

    expect(Object.keys(missingEntries(lock))).toEqual([]);
  });

  it('is found incomplete when a platform is left out', () => {
    const lock: Lock = {
      packages: { 'node_modules/a': { optionalDependencies: { '@a/a-linux-x64-gnu': '1.2.3' } } },
    };

    expect(missingEntries(lock)).toEqual({
      'node_modules/@a/a-linux-x64-gnu': {
        version: '1.2.3',
        os: ['linux'],
        cpu: ['x64'],
        libc: ['glibc'],
        optional: true,
      },
    });
  });
});
