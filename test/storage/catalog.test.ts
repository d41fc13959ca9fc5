import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { formatLabel } from '../../src/domain/setLabel.ts';
import { listCatalog, readCatalog, readNewestSets } from '../../src/storage/catalog.ts';
import { createFolderStore } from '../../src/storage/folder.ts';
import type { ObjectStore } from '../../src/storage/port.ts';
import { CLUSTER, SET_ID, validDump, validManifest } from '../fuzz/support/validSet.ts';

let folder: string;
let store: ObjectStore;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'safepoint-catalog-'));
  store = createFolderStore('local', { type: 'folder', path: folder });
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const manifestText = JSON.stringify(validManifest);
const label = formatLabel({
  verdict: 'complete',
  procedure: 'parallel',
  startedMs: Date.parse('2026-11-25T02:00:00Z'),
  completedMs: Date.parse('2026-11-25T02:01:00Z'),
  windowMs: 20_000,
  manifestBytes: manifestText.length,
  artifacts: 1,
  artifactBytes: validDump.length,
  manifestSha256: 'ab'.repeat(32),
});

/** A sealed set with its label; `more` adds objects or, by null, leaves them out. */
async function writeSet(more: Record<string, string | null> = {}): Promise<void> {
  const objects = {
    'manifest.json': manifestText,
    'web-modeler.sql.zst': validDump.toString('latin1'),
    [label]: '\n',
    ...more,
  };
  for (const [name, body] of Object.entries(objects))
    if (body !== null) await store.putObject(`${CLUSTER}/${SET_ID}/${name}`, body);
}

describe('storage/catalog: readNewestSets', () => {
  it('gives the newest first, by value, and reads nothing that is not asked for', async () => {
    for (const id of ['999', '1000', '20']) await store.putObject(`prod/${id}/failure.json`, '{}');
    const reading = jest.spyOn(store, 'getObject');

    const seen: string[] = [];
    for await (const { entry } of readNewestSets(store, 'prod')) {
      seen.push(entry.backupId);
      if (seen.length === 2) break;
    }

    expect(seen).toEqual(['1000', '999']);
    expect(reading).toHaveBeenCalledWith('prod/999/failure.json');
    expect(reading).not.toHaveBeenCalledWith('prod/20/failure.json');
  });
});

describe('storage/catalog: listCatalog', () => {
  it('tells a sealed set by the names of its objects and opens none', async () => {
    await writeSet({ 'check.20261126T020000000Z.ok.json': '{}' });
    const reading = jest.spyOn(store, 'getObject');

    const { entries } = await listCatalog([store]);

    expect(reading).not.toHaveBeenCalled();
    expect(entries).toEqual([
      {
        cluster: CLUSTER,
        backupId: SET_ID,
        state: 'complete',
        store: 'local',
        location: path.join(folder, CLUSTER, SET_ID, '/'),
        procedure: 'parallel',
        startedAt: '2026-11-25T02:00:00.000Z',
        completedAt: '2026-11-25T02:01:00.000Z',
        windowMs: 20_000,
        sizeBytes: validDump.length,
        held: false,
        restoring: false,
        proof: null,
        check: { at: '2026-11-26T02:00:00.000Z', ok: true },
        reasons: [],
      },
    ]);
  });

  it.each<[string, Record<string, string | null>, object]>([
    ['a manifest that was cut off', { 'manifest.json': manifestText.slice(0, -9) }, { state: 'unreadable' }],
    ['no manifest', { 'manifest.json': null }, { state: 'unfinished' }],
    ['no label', { [label]: null }, { state: 'complete', procedure: validManifest.procedure.name }],
    [
      'two labels',
      { [label.replace('complete', 'partial')]: '\n' },
      { state: 'complete', procedure: validManifest.procedure.name },
    ],
    ['no dump', { 'web-modeler.sql.zst': null }, { state: 'partial' }],
    ['a dump that was cut off', { 'web-modeler.sql.zst': 'short' }, { state: 'partial' }],
    ['a hold', { 'hold.json': 'of any text' }, { state: 'complete', held: true }],
    ['a failed check', { 'check.20261126T020000000Z.failed.json': '{}' }, { check: { ok: false } }],
    [
      'a tombstone',
      {
        'tombstone.json': JSON.stringify({
          schema: 'safepoint/tombstone/v1',
          cluster: CLUSTER,
          backupId: SET_ID,
          parts: [],
          reasons: ['too old'],
          workflowId: 'w',
          deletedAt: '2026-11-26T02:00:00Z',
        }),
      },
      { state: 'deleting', reasons: ['its deletion began 2026-11-26T02:00:00Z: too old'] },
    ],
    [
      'a tombstone that cannot be read',
      { 'tombstone.json': '{}' },
      { state: 'deleting', reasons: ['its deletion began, and tombstone.json cannot be read'] },
    ],
    [
      'a file of a stranger',
      { 'notes.txt': 'x' },
      { state: 'complete', reasons: ['not of Safepoint: notes.txt'] },
    ],
  ])('%s: shows', async (_, objects, shown) => {
    await writeSet(objects);

    expect((await listCatalog([store])).entries).toMatchObject([shown]);
    expect((await readCatalog([store])).map(({ entry }) => entry)).toMatchObject([shown]);
  });

  it('names strangers beside the sets, and looks into their folders only where these are numbered', async () => {
    await writeSet();
    await store.putObject(`${CLUSTER}/readme.txt`, 'x');
    await store.putObject('photos/2026/11/cat.jpg', 'x');
    await store.putObject('logs/app/today.log', 'x');
    const listing = jest.spyOn(store, 'list');

    const { entries, strangers } = await listCatalog([store]);

    expect(entries).toHaveLength(1);
    expect(strangers.map(({ location }) => path.relative(folder, location)).sort()).toEqual(
      ['logs', 'photos/2026', `${CLUSTER}/readme.txt`].sort(),
    );
    expect(listing.mock.calls.map(([prefix]) => prefix).sort()).toEqual(['photos/', `${CLUSTER}/`]);
  });

  it('shows what the other stores have when one is gone, and fails when all are', async () => {
    await writeSet();
    const gone = createFolderStore('offsite', { type: 'folder', path: path.join(folder, 'nowhere') });

    const { entries, unreadable } = await listCatalog([gone, store]);

    expect(entries).toMatchObject([{ backupId: SET_ID, store: 'local' }]);
    expect(unreadable).toMatchObject([
      { store: 'offsite', reason: expect.stringContaining('does not exist') },
    ]);
    await expect(listCatalog([gone])).rejects.toMatchObject({ code: 'StoreFailed' });
  });
});
