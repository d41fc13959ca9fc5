import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { CliDeps } from '../../src/cli/deps.ts';
import { holdCommand } from '../../src/cli/hold.ts';
import type { ObjectStore } from '../../src/storage/port.ts';
import { changed } from '../storage/changedStore.ts';
import { CLUSTER, ID, openStores } from '../storage/repair/setFixture.ts';

const HOLD = `${CLUSTER}/${ID}/hold.json`;

let dir: string;
let store: ObjectStore;
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'safepoint-hold-'));
  [store] = await openStores(dir);
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

async function hold(into: ObjectStore): Promise<string> {
  let said = '';
  const deps: Partial<CliDeps> = {
    stdout: { write: (text: string) => (said += text) } as unknown as NodeJS.WriteStream,
    loadConfig: () => ({}) as ReturnType<CliDeps['loadConfig']>,
    openStores: () => Promise.resolve([into]),
  };
  await holdCommand(deps as CliDeps).parseAsync([ID, '--reason', 'audit'], { from: 'user' });
  return said;
}

describe('cli/hold: beside a deletion', () => {
  it('holds where none has begun', async () => {
    expect(await hold(store)).toBe(`held: set ${ID} of ${CLUSTER}, in main\n`);

    expect(await store.head(HOLD)).not.toBeNull();
  });

  it('says so, and leaves no hold, where one began between the look and the hold', async () => {
    const racing = changed(store, {
      async putObject(key, ...rest) {
        await store.putObject(`${CLUSTER}/${ID}/tombstone.json`, '{}');
        await store.putObject(key, ...rest);
      },
    });

    await expect(hold(racing)).rejects.toMatchObject({
      code: 'InvalidInput',
      message: expect.stringContaining(`the deletion of set ${ID} has begun; \`safepoint list ${CLUSTER}\``),
    });

    expect(await store.head(HOLD)).toBeNull();
  });
});
