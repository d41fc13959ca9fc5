import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readCatalog } from '../../src/storage/catalog.ts';
import type { CatalogSet } from '../../src/storage/catalogEntry.ts';
import { renderList } from '../../src/cli/render/list.ts';
import { renderSet } from '../../src/cli/render/set.ts';
import { Manifest } from '../../src/contract/manifest.ts';
import { createFolderStore } from '../../src/storage/folder.ts';
import { deepText, mutated, OBEYED, trickyText, trickyValue } from './arbitraries.ts';
import { CLUSTER, SET_ID, validDump, validFailure, validIntent, validManifest } from './support/validSet.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'safepoint-fuzz-store-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

const DUMP = 'web-modeler.sql.zst';

type Files = Record<string, string | Buffer | undefined>;

/** The catalog of a store with these files, a name ending in `/` for a folder; names that no file can have are left out. */
async function catalogOf(files: Files): Promise<CatalogSet[]> {
  rmSync(root, { recursive: true });
  mkdirSync(root);
  for (const [key, body] of Object.entries(files)) {
    if (body !== undefined) writeIfPossible(path.join(root, key), body);
  }
  return await readCatalog([createFolderStore('local', { type: 'folder', path: root })]);
}

function writeIfPossible(file: string, body: string | Buffer): void {
  if (!file.startsWith(root + path.sep)) return;
  try {
    mkdirSync(file.endsWith('/') ? file : path.dirname(file), { recursive: true });
    if (!file.endsWith('/')) writeFileSync(file, body);
  } catch {
    // NUL, too long, or a file where a folder is needed
  }
}

function checkRendered(sets: CatalogSet[]): void {
  for (const text of [renderList(sets.map(({ entry }) => entry)), ...sets.map(renderSet)]) {
    expect(text).not.toMatch(OBEYED);
  }
}

/** Whether it is a manifest, as far as the schema and the name of its set tell. */
function isManifestOf(body: string | Buffer | undefined, cluster: string, backupId: string): boolean {
  try {
    const manifest = Manifest.parse(JSON.parse(String(body)));
    return manifest.cluster === cluster && manifest.backupId === backupId;
  } catch {
    return false;
  }
}

const changed = (valid: unknown): fc.Arbitrary<string | Buffer> =>
  fc.oneof(
    { weight: 6, arbitrary: mutated(valid, 4).map((body) => JSON.stringify(body)) },
    { weight: 1, arbitrary: fc.constant(JSON.stringify(valid)) },
    { weight: 1, arbitrary: fc.nat(1_500).map((cut) => JSON.stringify(valid).slice(0, cut)) },
    {
      weight: 1,
      arbitrary: fc.oneof(
        trickyText,
        trickyValue.map((body) => JSON.stringify(body)),
        deepText,
      ),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)) },
  );

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 3 });

describe('fuzz: what lies in a store', () => {
  it('a set that is whole is complete', async () => {
    const [set] = await catalogOf({
      [`${CLUSTER}/${SET_ID}/manifest.json`]: JSON.stringify(validManifest),
      [`${CLUSTER}/${SET_ID}/${DUMP}`]: validDump,
    });

    expect(set?.entry.state).toBe('complete');
  });

  it('only a manifest of its own makes a set complete or partial', async () => {
    const bodies = fc.record({
      'manifest.json': optional(changed(validManifest)),
      'intent.json': optional(changed(validIntent)),
      'failure.json': optional(changed(validFailure)),
    });
    await fc.assert(
      fc.asyncProperty(bodies, async (files) => {
        const sets = await catalogOf(
          Object.fromEntries(
            Object.entries(files).map(([name, body]) => [`${CLUSTER}/${SET_ID}/${name}`, body]),
          ),
        );

        const states = sets.map(({ entry }) => entry.state);
        const isUsable = states.some((state) => state === 'complete' || state === 'partial');
        expect(isUsable).toBe(isManifestOf(files['manifest.json'], CLUSTER, SET_ID));
        checkRendered(sets);
      }),
      { numRuns: 300 },
    );
  });

  it('no name of a folder or file stops the list', async () => {
    const step = fc.oneof(
      trickyText,
      fc.constantFrom(
        CLUSTER,
        SET_ID,
        '0',
        '00',
        '9'.repeat(200),
        'manifest.json',
        'intent.json',
        'manifest.json/',
      ),
    );
    const key = fc.array(step, { minLength: 1, maxLength: 5 }).map((steps) => steps.join('/'));
    const body = fc.oneof(fc.constant(JSON.stringify(validManifest)), trickyText);
    await fc.assert(
      fc.asyncProperty(fc.dictionary(key, body, { maxKeys: 6 }), async (files) => {
        const kept = JSON.stringify({ ...validManifest, cluster: 'kept', backupId: '7' });
        const sets = await catalogOf({
          'kept/7/manifest.json': kept,
          [`kept/7/${DUMP}`]: validDump,
          ...files,
        });

        const usable = sets.filter(({ entry }) => entry.state === 'complete');
        const names = usable.map(({ entry }) => `${entry.cluster}/${entry.backupId}`);
        expect(names).toContain('kept/7');
        expect(names.filter((name) => !['kept/7', `${CLUSTER}/${SET_ID}`].includes(name))).toEqual([]);
        checkRendered(sets);
      }),
      { numRuns: 300 },
    );
  });

  it('no control character of a manifest reaches the terminal', async () => {
    const hostile = JSON.stringify(validManifest, (key, value: unknown) =>
      typeof value === 'string' &&
      ![
        'schema',
        'name',
        'cluster',
        'backupId',
        'verdict',
        'pause',
        'compression',
        'outcome',
        'heldAtMostSource',
        'severity',
      ].includes(key)
        ? `\u001b[2J\u009b1m\u202e\r${value}`
        : value,
    );

    const sets = await catalogOf({
      [`${CLUSTER}/${SET_ID}/manifest.json`]: hostile,
      [`${CLUSTER}/${SET_ID}/${DUMP}`]: validDump,
    });

    expect(sets.map(({ entry }) => entry.state)).toEqual(['complete']);
    checkRendered(sets);
    expect(sets.map(renderSet).join()).toContain(String.raw`\u001b[2J`);
  });
});
