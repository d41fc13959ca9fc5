import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { expectNothingLeft } from './expectNothingLeft.ts';
import { wholeDump, writePrograms } from './fakePrograms.ts';
import { startInstallation, type Installation } from './installation.ts';
import { endOf } from './runs.ts';
import { lose, whilePaused } from './storeDamage.ts';
import { DUMP, keysOf, shapeOf } from './storeRuns.ts';
import { mountTinyDisk, whyNoMounts, type TinyDisk } from './tinyDisk.ts';
import { until } from './until.ts';
import { unfinishedFiles } from './unfinishedFiles.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'safepoint-folder-'));
const reason = await whyNoMounts(folder);
const itMounted = reason === '' ? it : it.skip;
const mounted = (title: string) => (reason === '' ? title : `${title} [${reason}]`);

/** Larger than what is free on a tiny disk, which has 64 pages for all else. */
const DUMP_BYTES = 600_000;
const TINY = '256k';
const COMPLETE = { status: 'COMPLETED', result: { verdict: 'complete', reasons: [] } };

let installation: Installation;
let disk: TinyDisk | undefined;
let cases = 0;
let cluster = '';
const NAMES = Array.from({ length: 8 }, (_, index) => `folder${index}`);
beforeAll(async () => {
  const binDir = writePrograms(path.join(folder, 'bin'), { pg_dumpall: wholeDump(DUMP_BYTES) });
  const shape = shapeOf(binDir, '20 s');
  installation = await startInstallation({
    clusters: Object.fromEntries(NAMES.map((name) => [name, shape])),
  });
  await installation.startWorker({ FAULTS_PASSWORD: 'none' });
}, 120_000);
afterAll(async () => {
  await installation.stop();
  rmSync(folder, { recursive: true });
}, 60_000);
beforeEach(async () => {
  cluster = `folder${cases++}`;
  await installation.freshCluster({ cluster, partMs: 500 });
});
afterEach(async () => {
  await disk?.unmount();
  disk = undefined;
});

const root = () => String(installation.store.folder);
/** All sets of the cluster lie on it, and nothing else. */
async function onTinyDisk(size = TINY): Promise<TinyDisk> {
  disk = await mountTinyDisk(path.join(root(), cluster), size);
  return disk;
}
const start = () => installation.startBackup({ cluster });
const paused = () => whilePaused(() => Promise.resolve())(scene());
const scene = () => ({ cluster: installation.cluster(cluster), gate: undefined as never, installation });
async function setsOf(): Promise<string[]> {
  return await installation.openStore().listFolders(`${cluster}/`);
}
const unfinished = () => unfinishedFiles(path.join(root(), cluster));

describe('faults/store: a folder, before the run', () => {
  it.each([
    {
      at: 'is full',
      prepare: async () => {
        (await onTinyDisk()).fill();
      },
    },
    {
      at: 'is read-only',
      prepare: async () => {
        await (await onTinyDisk()).remount('ro');
      },
    },
  ])(
    mounted('$at: preflight says so, and nothing is touched'),
    async ({ prepare }) => {
      if (reason !== '') return;
      await prepare();

      const end = await endOf(await start());

      expect(end).toMatchObject({ status: 'FAILED', code: 'PreflightFailed' });
      expect(end.message).toMatch(/store\.writable: .*could not write/);
      expect(installation.cluster(cluster).simulator.triggerCount('zeebe')).toBe(0);
      expect(await setsOf()).toEqual([]);
    },
    60_000,
  );

  it('is gone: preflight says so, and nothing is touched', async () => {
    renameSync(root(), `${root()}-away`);

    const end = await endOf(await start()).finally(() => {
      renameSync(`${root()}-away`, root());
    });

    expect(end).toMatchObject({ status: 'FAILED', code: 'PreflightFailed' });
    expect(end.message).toContain('the folder of the store does not exist');
    expect(installation.cluster(cluster).simulator.triggerCount('zeebe')).toBe(0);
  }, 60_000);
});

describe('faults/store: a folder, in the middle of a run', () => {
  itMounted(
    mounted('is full for the dump: StoreFailed, no half file, a note of the failure, exporting runs'),
    async () => {
      await onTinyDisk();

      const end = await endOf(await start());

      expect(end).toMatchObject({
        status: 'FAILED',
        code: 'StoreFailed',
        message: expect.stringContaining('ENOSPC'),
      });
      const sets = await expectNothingLeft(installation, { cluster });
      expect(sets.map(({ entry }) => entry.state)).toEqual(['failed']);
      expect((await keysOf(installation, cluster)).objects.filter((key) => key.endsWith(DUMP))).toEqual([]);
      expect(unfinished()).toEqual([]);
    },
    120_000,
  );

  itMounted(
    mounted('is full and gets room: the backup ends complete'),
    async () => {
      const tiny = await onTinyDisk();
      const handle = await start();
      await paused();
      await sleep(2_000);

      await tiny.remount('size=10m');

      expect(await endOf(handle)).toMatchObject(COMPLETE);
      expect(unfinished()).toEqual([]);
      await expectNothingLeft(installation, { cluster });
    },
    120_000,
  );

  itMounted(
    mounted('is read-only for 4 s: the backup ends complete'),
    async () => {
      const tiny = await onTinyDisk('10m');
      const handle = await start();
      await paused();

      await until('nobody writes', () => tiny.remount('ro').then(() => true));
      await sleep(4_000);
      await tiny.remount('rw');

      expect(await endOf(handle)).toMatchObject(COMPLETE);
      await expectNothingLeft(installation, { cluster });
    },
    120_000,
  );

  it('is gone for 4 s: the backup ends complete', async () => {
    const handle = await start();
    await paused();

    renameSync(root(), `${root()}-away`);
    await sleep(4_000);
    renameSync(`${root()}-away`, root());

    expect(await endOf(handle)).toMatchObject(COMPLETE);
    await expectNothingLeft(installation, { cluster });
  }, 120_000);
});

describe('faults/store: what is lost after the end', () => {
  it('without its manifest a set counts as unfinished, and the next one takes a higher id', async () => {
    const first = await endOf(await start());
    await lose('manifest.json')(scene());

    const second = await endOf(await start());

    const states = (await expectNothingLeft(installation, { cluster, triggers: 2 })).map(
      ({ entry }) => `${entry.backupId} ${entry.state}`,
    );
    expect(states).toEqual([
      `${String(second.result?.backupId)} complete`,
      `${String(first.result?.backupId)} unfinished`,
    ]);
  }, 120_000);
});
