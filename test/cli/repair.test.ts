import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createObjectStore } from '../../src/storage/objectStore.ts';
import type { ObjectStore } from '../../src/storage/port.ts';
import { KEYS, writeSet } from '../storage/repair/setFixture.ts';
import { expectJson } from './expectJson.ts';
import { safepoint } from './safepoint.ts';

let dir: string;
let env: Record<string, string>;
let offsite: ObjectStore;

beforeEach(async () => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'safepoint-cli-repair-'));
  const folders = { main: path.join(dir, 'main'), offsite: path.join(dir, 'offsite') };
  for (const folder of Object.values(folders)) mkdirSync(folder);
  const stores = Object.entries(folders).map(([name, folder]) =>
    createObjectStore(name, { type: 'folder', path: folder }),
  );
  offsite = stores[1] as ObjectStore;
  for (const store of stores) await writeSet(store);
  const nowhere = { url: 'http://127.0.0.1:1' };
  const cluster = { zeebe: nowhere, webapps: nowhere, searchEngine: nowhere, store: 'main' };
  const config = {
    stores: Object.fromEntries(
      Object.entries(folders).map(([name, folder]) => [name, { type: 'folder', path: folder }]),
    ),
    clusters: { prod: { ...cluster, copies: ['offsite'] }, other: cluster },
  };
  const file = path.join(dir, 'safepoint.yaml');
  writeFileSync(file, JSON.stringify(config));
  env = { SAFEPOINT_CONFIG: file };
});

afterEach(() => {
  rmSync(dir, { recursive: true });
});

describe('cli/repair', () => {
  it('says what a store lacks with --dry-run, exit code 3, and copies it without, exit code 0', async () => {
    await offsite.remove(KEYS.modeler);

    const looked = await safepoint(['repair', '1000', '--dry-run'], env);
    const repaired = await safepoint(['repair', '1000'], env);

    expect(looked.exitCode).toBe(3);
    expect(looked.stdout).toMatch(/^web-modeler\.sql\.zst +offsite +missing +would copy +it is not there$/m);
    expect(looked.stdout).toContain('Not every store has set 1000 of prod.');
    expect(repaired.exitCode).toBe(0);
    expect(repaired.stdout).toMatch(/^web-modeler\.sql\.zst +offsite +missing +copied from main/m);
    expect(repaired.stdout).toContain('Every store has set 1000 of prod.');
    expect(await offsite.head(KEYS.modeler)).not.toBeNull();
  });

  it('prints the same as JSON, alone on stdout', async () => {
    const { exitCode, stdout } = await safepoint(['repair', '1000', '--cluster', 'prod', '--json'], env);

    const { whole, dryRun, objects } = expectJson('repair', stdout);
    expect(exitCode).toBe(0);
    expect({ whole, dryRun }).toEqual({ whole: true, dryRun: false });
    expect(objects).toHaveLength(6);
  });

  it('fails with exit code 1 when there is no good copy, naming each store', async () => {
    for (const name of ['main', 'offsite']) rmSync(path.join(dir, name, KEYS.modeler));

    const { exitCode, stdout, stderr } = await safepoint(['repair', '1000', '--json'], env);

    expect(exitCode).toBe(1);
    expect(expectJson('failure', stdout).error.code).toBe('NoGoodCopy');
    expect(stderr).toContain('main: it is not there; offsite: it is not there');
  });

  it.each([
    ['an id that is nowhere', ['42'], 'no set 42 of a cluster of the config in a store that answers'],
    ['what is no id', ['../1000'], 'is no backup id'],
    ['a cluster that is not there', ['1000', '--cluster', 'nope'], 'no cluster "nope"'],
  ])('refuses %s with exit code 2', async (_, args, message) => {
    const { exitCode, stderr } = await safepoint(['repair', ...args], env);

    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });

  it('asks which one when two clusters have the id', async () => {
    await createObjectStore('main', { type: 'folder', path: path.join(dir, 'main') }).putObject(
      'other/1000/x',
      '',
    );

    const { exitCode, stderr } = await safepoint(['repair', '1000'], env);

    expect(exitCode).toBe(2);
    expect(stderr).toContain('the id 1000 exists in prod and other; choose with --cluster');
  });
});
