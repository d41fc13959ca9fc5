import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'safepoint-config-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const STORES = {
  main: { type: 'folder', path: '/backups/sets' },
  zeebe: { type: 's3', bucket: 'zeebe', prefix: '' },
  'zeebe-copy': { type: 's3', bucket: 'zeebe', prefix: 'copy' },
  repository: { type: 'folder', path: '/backups/repository' },
  offsite: { type: 'folder', path: '/offsite' },
  inside: { type: 'folder', path: '/backups/repository/copy/' },
  around: { type: 'folder', path: '/backups' },
  twin: { type: 's3', bucket: 'zeebe', prefix: '' },
};

function load(replicate: unknown): Config {
  const file = path.join(folder, 'safepoint.yaml');
  const url = 'http://localhost:9600';
  const cluster = { zeebe: { url }, webapps: { url }, searchEngine: { url }, store: 'main', replicate };
  writeFileSync(file, stringify({ stores: STORES, clusters: { prod: cluster } }));
  return loadConfig(file);
}

describe('config/replicate', () => {
  it('takes both kinds, or one; nothing happens after a backup unless told', () => {
    const pairs = {
      zeebe: { from: 'zeebe', to: 'zeebe-copy' }, // beside the numbers of Zeebe, so no part of its backups
      snapshots: { from: 'repository', to: 'offsite' },
    };

    expect(load(pairs).clusters.prod?.replicate).toEqual({ ...pairs, afterBackup: false });
    expect(load({ zeebe: pairs.zeebe }).clusters.prod?.budgets.replicate).toBe(6 * 3_600_000);
  });

  it.each([
    ['neither kind', {}, /clusters\.prod\.replicate .*expected zeebe or snapshots, or both; seen neither/],
    [
      'a name that no store has',
      { zeebe: { from: 'zeebe', to: 'nas' } },
      /replicate\.zeebe\.to .*expected one of main, zeebe, .*seen "nas"/,
    ],
    [
      'a name that every object has',
      { zeebe: { from: 'constructor', to: 'zeebe' } },
      /replicate\.zeebe\.from /,
    ],
    [
      'the same store',
      { zeebe: { from: 'zeebe', to: 'zeebe' } },
      /replicate\.zeebe\.to .*another place than zeebe/,
    ],
    [
      'the same place by two names',
      { zeebe: { from: 'zeebe', to: 'twin' } },
      /replicate\.zeebe\.to .*another place/,
    ],
    [
      'a target inside the source',
      { snapshots: { from: 'repository', to: 'inside' } },
      /replicate\.snapshots\.to .*another place/,
    ],
    [
      'a target around the source',
      { snapshots: { from: 'repository', to: 'around' } },
      /replicate\.snapshots\.to .*another place/,
    ],
    [
      'a repository where the sets are',
      { snapshots: { from: 'main', to: 'offsite' } },
      /replicate\.snapshots\.from .*another place than main, where the sets are/,
    ],
    ['half a pair', { snapshots: { from: 'repository' } }, /replicate\.snapshots\.to .*expected a text/],
    [
      'an unknown field',
      { zeebe: { from: 'zeebe', to: 'zeebe-copy' }, when: 'always' },
      /replicate\.when .*not known here/,
    ],
  ])('refuses %s', (_, replicate, problem) => {
    expect(() => load(replicate)).toThrow(problem);
  });
});
