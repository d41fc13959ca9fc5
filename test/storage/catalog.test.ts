import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { readNewestSets } from '../../src/storage/catalog.ts';
import { createFolderStore } from '../../src/storage/folder.ts';
import type { ObjectStore } from '../../src/storage/port.ts';

describe('storage/catalog: readNewestSets', () => {
  let folder: string;
  let store: ObjectStore;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'safepoint-catalog-'));
    store = createFolderStore('local', { type: 'folder', path: folder });
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

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
