import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { checkReplicate } from '../../../src/activities/preflight/checks/replicate.ts';
import type { CheckContext } from '../../../src/activities/preflight/context.ts';
import type { Finding } from '../../../src/contract/preflight.ts';
import { createObjectStore } from '../../../src/storage/objectStore.ts';
import type { ObjectStore } from '../../../src/storage/port.ts';
import { writeSnapshot, writeZeebeBackup } from '../../storage/replica/layouts.ts';

describe('activities/preflight/checks/replicate', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'safepoint-preflight-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const store = (name: string): ObjectStore =>
    createObjectStore(name, {
      type: 'folder',
      path: name === 'missing' ? path.join(folder, 'gone') : folder,
    });

  function check(replicate: unknown): Promise<Finding[]> {
    return checkReplicate({ config: { replicate }, openStore: store, call: {} } as unknown as CheckContext);
  }
  const told = (findings: Finding[]) => findings.map((one) => `${one.ok ? 'ok' : one.severity} ${one.check}`);

  it('says nothing where nothing is copied', async () => {
    expect(await check(undefined)).toEqual([]);
  });

  it('passes where the sources are what they should be, and leaves nothing behind', async () => {
    await writeZeebeBackup(store('zeebe'), '7');
    await writeSnapshot(store('repository'), 'first');
    const before = await readdir(folder);

    const pair = { from: 'one', to: 'other' };
    const findings = await check({ zeebe: pair, snapshots: pair });

    expect(told(findings)).toEqual([
      'ok replicate.zeebe.from',
      'ok replicate.zeebe.to',
      'ok replicate.snapshots.from',
      'ok replicate.snapshots.to',
    ]);
    expect(await readdir(folder)).toEqual(before);
  });

  it('warns of a store that does not answer, and hints at a source that is empty', async () => {
    const findings = await check({
      zeebe: { from: 'missing', to: 'other' },
      snapshots: { from: 'one', to: 'missing' },
    });

    expect(told(findings)).toEqual([
      'warning replicate.zeebe.from',
      'ok replicate.zeebe.to',
      'info replicate.snapshots.from',
      'warning replicate.snapshots.to',
    ]);
    expect(findings[2]?.seen).toMatch(/holds no sign of a snapshot repository$/);
  });
});
