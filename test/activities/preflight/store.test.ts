import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { checkStore } from '../../../src/activities/preflight/checks/store.ts';
import type { CheckContext } from '../../../src/activities/preflight/context.ts';
import { SafepointError } from '../../../src/contract/errors.ts';
import type { Finding } from '../../../src/contract/preflight.ts';
import { createObjectStore } from '../../../src/storage/objectStore.ts';
import type { ObjectStore } from '../../../src/storage/port.ts';
import { changedStore } from './changedStore.ts';

describe('activities/preflight/checks/store', () => {
  let folder: string;
  let store: ObjectStore;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'safepoint-preflight-'));
    store = createObjectStore('main', { type: 'folder', path: folder });
  });
  afterEach(() => rm(folder, { recursive: true }));

  const check = (openStore: () => ObjectStore): Promise<Finding[]> =>
    checkStore({ cluster: 'prod', openStore, call: {} } as unknown as CheckContext);
  const bad = (findings: Finding[]) =>
    findings.filter((one) => !one.ok).map((one) => `${one.severity} ${one.check}`);

  it('passes, and leaves nothing behind', async () => {
    const findings = await check(() => store);

    expect(findings.map((one) => [one.check, one.ok])).toEqual([
      ['store.writable', true],
      ['store.createOnly', true],
      ['store.delete', true],
    ]);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is an error when the store cannot be opened', async () => {
    const findings = await check(() => {
      throw new SafepointError('SecretMissing', 'environment variable KEY is not set');
    });

    expect(findings).toMatchObject([
      { check: 'store.writable', ok: false, severity: 'error', seen: 'environment variable KEY is not set' },
    ]);
  });

  it('is an error when something else comes back than was written', async () => {
    const findings = await check(() =>
      changedStore(store, { getObject: () => Promise.resolve('from a cache') }),
    );

    expect(bad(findings)).toEqual(['error store.writable']);
  });

  it('warns of a store that ignores create-only writes', async () => {
    const ignoring = changedStore(store, { putObject: (key, body) => store.putObject(key, body) });

    const findings = await check(() => ignoring);

    expect(bad(findings)).toEqual(['warning store.createOnly']);
  });

  it('is an error when a store refuses create-only writes for another reason', async () => {
    let puts = 0;
    const failing = changedStore(store, {
      putObject(key, body, options) {
        puts += 1;
        if (puts > 1) throw new SafepointError('StoreFailed', 'If-None-Match is not implemented');
        return store.putObject(key, body, options);
      },
    });

    const findings = await check(() => failing);

    expect(bad(findings)).toEqual(['error store.writable']);
  });

  it('warns of a store that does not let us delete', async () => {
    const keeping = changedStore(store, {
      remove: () => Promise.reject(new SafepointError('AccessDenied', 'no DeleteObject')),
    });

    const findings = await check(() => keeping);

    expect(bad(findings)).toEqual(['warning store.delete']);
  });
});
