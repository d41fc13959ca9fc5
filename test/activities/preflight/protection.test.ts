import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { checkProtection } from '../../../src/activities/preflight/checks/protection.ts';
import type { CheckContext } from '../../../src/activities/preflight/context.ts';
import { createObjectStore } from '../../../src/storage/objectStore.ts';
import type { ObjectStore, Protection } from '../../../src/storage/port.ts';
import { changedStore } from './changedStore.ts';

const VAULT: Protection = {
  versioning: true,
  objectLock: true,
  defaultRetention: 'none',
  encryption: 'aws:kms key-7',
  untold: [],
  lockWanted: true,
};

describe('activities/preflight: protection of the store', () => {
  let folder: string;
  let store: ObjectStore;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'safepoint-protection-'));
    store = createObjectStore('local', { type: 'folder', path: folder });
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function look(change: Partial<Protection>, copies: string[] = []) {
    const changed = changedStore(store, {
      describeProtection: () => Promise.resolve({ ...VAULT, ...change }),
    });
    const context = { cluster: 'prod', openStore: () => changed, call: {}, config: { copies } };
    const findings = await checkProtection(context as unknown as CheckContext);
    return findings.map(({ check, ok, severity, seen }) => ({
      what: `${ok ? 'ok' : severity} ${check}`,
      seen,
    }));
  }

  it('reports a vault as it is', async () => {
    const [versioning, lock, ...others] = await look({});

    expect(versioning?.what).toBe('ok store.versioning');
    expect(lock?.what).toBe('ok store.objectLock');
    expect(lock?.seen).toContain(
      'can lock objects until a date, as the config wants; encryption: aws:kms key-7',
    );
    expect(others).toEqual([]);
  });

  it('is an error when the config wants locks and the bucket has none', async () => {
    const [, lock] = await look({ objectLock: false });

    expect(lock?.what).toBe('error store.objectLock');
  });

  it('looks at copies too, where it is no error', async () => {
    const findings = await look({ objectLock: false }, ['offsite']);

    expect(findings.map(({ what }) => what)).toEqual([
      'ok store.versioning',
      'error store.objectLock',
      'ok store.versioning',
      'warning store.objectLock',
    ]);
  });

  it('only says so when nothing was asked for, or nothing is told', async () => {
    const plain = await look({ objectLock: false, versioning: false, lockWanted: false });
    const silent = await look({ objectLock: null, versioning: null, untold: ['versioning (AccessDenied)'] });

    expect(plain.map(({ what }) => what)).toEqual(['ok store.versioning', 'ok store.objectLock']);
    expect(plain[0]?.seen).toContain('does not keep');
    expect(silent.map(({ what }) => what)).toEqual(['info store.versioning', 'info store.objectLock']);
    expect(silent[0]?.seen).toContain('AccessDenied');
  });

  it('warns of a bucket that locks everything by itself', async () => {
    const found = await look({ defaultRetention: 'COMPLIANCE 30 days' });

    expect(found.at(-1)?.what).toBe('warning store.defaultRetention');
  });

  it('leaves the error to store.writable when the store cannot be asked', async () => {
    await rm(folder, { recursive: true });
    const context = { cluster: 'prod', openStore: () => store, call: {}, config: { copies: [] } };

    const findings = await checkProtection(context as unknown as CheckContext);

    expect(findings).toEqual([]);
    folder = await mkdtemp(path.join(os.tmpdir(), 'safepoint-protection-'));
  });
});
