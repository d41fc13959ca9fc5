import { existsSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createCleanUpActivities } from '../../src/activities/cleanUp.ts';
import { SafepointError } from '../../src/contract/errors.ts';
import { runActivity } from '../support/runActivity.ts';
import { DUMP, startCopiedSet, type CopiedSet } from './copiedSet.ts';

let set: CopiedSet;
beforeEach(async () => {
  set = await startCopiedSet();
}, 60_000);
afterEach(async () => {
  await set.cluster.close();
});

describe('activities/cleanUp: a set in two stores', () => {
  const cleanUp = (deps = set.cluster.deps) =>
    runActivity(() =>
      createCleanUpActivities(deps).cleanUpSet({ plan: set.input.plan, backupId: '1000', parts: ['zeebe'] }),
    );

  it('removes dumps of both names from both, and a manifest that only the copy has', async () => {
    await set.dump();
    const broken = set.withStore('main', {
      putObject: () => Promise.reject(new SafepointError('StoreFailed', 'main is full')),
    });
    await set.seal(broken).catch(() => undefined);
    writeFileSync(set.inOffsite('web-modeler.sql.zst'), 'from before it was encrypted');

    const { removed, left } = await cleanUp();

    expect(left).toEqual([]);
    expect(removed.toSorted()).toEqual([
      'manifest in offsite',
      'web-modeler',
      'web-modeler in offsite',
      'zeebe',
    ]);
    for (const file of [
      set.inMain(DUMP),
      set.inOffsite(DUMP),
      set.inOffsite('manifest.json'),
      set.inOffsite('web-modeler.sql.zst'),
    ])
      expect(existsSync(file)).toBe(false);
  });

  it('leaves all of it where a copy does not let go of the manifest, for that makes it a backup', async () => {
    await set.dump();
    const broken = set.withStore('main', {
      putObject: () => Promise.reject(new SafepointError('StoreFailed', 'main is full')),
    });
    await set.seal(broken).catch(() => undefined);
    const locking = set.withStore('offsite', {
      remove: () => Promise.reject(new SafepointError('ObjectLocked', 'locked until 2027')),
    });

    const { removed, left } = await cleanUp(locking);

    expect([removed, left]).toEqual([[], ['manifest in offsite: locked until 2027']]);
    expect(existsSync(set.inMain(DUMP))).toBe(true);
    expect(existsSync(set.inOffsite(DUMP))).toBe(true);
  });

  it('leaves a copy alone that has the manifest of another run', async () => {
    await set.dump();
    writeFileSync(set.inOffsite('manifest.json'), 'of somebody else');

    const { left } = await cleanUp();

    expect(left).toEqual([
      expect.stringMatching(/^manifest in offsite: .* is not the manifest of this run$/),
    ]);
    expect(existsSync(set.inOffsite(DUMP))).toBe(true);
    expect(existsSync(set.inMain(DUMP))).toBe(false);
  });
});
