import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createCaptureActivities } from '../../src/activities/capture.ts';
import { createExportingActivities } from '../../src/activities/exporting.ts';
import { createSealActivities } from '../../src/activities/seal.ts';
import type { BackupResult, SealInput } from '../../src/contract/backup.ts';
import { Manifest } from '../../src/contract/manifest.ts';
import type { ObjectStore } from '../../src/storage/port.ts';
import { storeSql, WRITTEN } from '../database/storedDump.ts';
import { noRuns } from '../support/noRuns.ts';
import { runActivity } from '../support/runActivity.ts';
import { captureSet, PARTS } from './capturedSet.ts';
import { CLUSTER, startCluster, type SimulatedCluster } from './preflight/simulatedCluster.ts';

const DUMP = `${CLUSTER}/1000/app.sql.zst`;

let cluster: SimulatedCluster;
let input: SealInput;

beforeEach(async () => {
  cluster = await startCluster({ profile: '8.8', partMs: 0, flushDelayMs: 50 });
  input = await captureSet(cluster);
}, 60_000);

afterEach(async () => {
  await cluster.close();
});

function seal(): Promise<BackupResult> {
  return runActivity(() => createSealActivities(cluster.deps).sealSet(input));
}

function main(): ObjectStore {
  return cluster.deps.store('main');
}

function file(name: string): string {
  return path.join(cluster.folder, CLUSTER, '1000', name);
}

describe('activities/seal: sealSet', () => {
  it('writes a manifest that its schema accepts, with the digest that the result names', async () => {
    const result = await seal();

    const text = readFileSync(file('manifest.json'), 'utf8');
    const manifest = Manifest.parse(JSON.parse(text));
    expect(result).toMatchObject({ verdict: 'complete', cut: 'proven' });
    expect(result.manifest.sha256).toBe(createHash('sha256').update(text).digest('hex'));
    expect(manifest.searchEngine.snapshots.every((snapshot) => snapshot.state === 'SUCCESS')).toBe(true);
    expect(manifest.restore.commands).toContain('bin/restore --backupId=1000');
  });

  it('finds its own manifest when the answer of the first try was lost', async () => {
    const first = await seal();

    const again = await seal();

    expect(again).toEqual(first);
  });

  it('finds it even when a part has vanished since', async () => {
    const first = await seal();
    await deleteSnapshot('camunda_zeebe_records_backup_1000');

    const again = await seal();

    expect(again).toEqual(first);
  });

  it('does not take the manifest of another run for its own', async () => {
    await seal();
    const manifest = Manifest.parse(JSON.parse(readFileSync(file('manifest.json'), 'utf8')));
    writeFileSync(
      file('manifest.json'),
      JSON.stringify({ ...manifest, run: { workflowId: 'other', runId: 'other' } }),
    );

    await expect(seal()).rejects.toMatchObject({ code: 'ObjectExists' });
  });

  it.each([
    [
      'Zeebe no longer knows the backup',
      () => fetch(`${cluster.simulator.urls.zeebe}/actuator/backupRuntime/1000`, { method: 'DELETE' }),
      /zeebe\.complete/,
    ],
    [
      'a snapshot is gone',
      () => deleteSnapshot('camunda_zeebe_records_backup_1000'),
      /zeebe-records\.(complete|snapshots)/,
    ],
  ])('fails the set when %s', async (_, breakIt, reason) => {
    await breakIt();

    await expect(seal()).rejects.toMatchObject({ code: 'SetFailed', message: expect.stringMatching(reason) });

    expect(() => readFileSync(file('manifest.json'))).toThrow();
  });

  it('fails the set when its cut is broken', async () => {
    const [zeebe] = input.window.parts;
    if (zeebe === undefined) throw new Error('no Zeebe part');
    zeebe.pieces = zeebe.pieces.map((piece) => ({ ...piece, snapshotId: '1-1-99999999-99999999-0' }));

    await expect(seal()).rejects.toMatchObject({
      code: 'SetFailed',
      message: expect.stringContaining('records between are lost'),
    });
  });

  it('records what the content of a dump is, which it has read', async () => {
    const { rawSizeBytes, rawSha256, ...dumped } = await storeSql(main(), DUMP, 'select 1;\n');
    input.artifacts = [dumped];

    await seal();

    const { artifacts } = Manifest.parse(JSON.parse(readFileSync(file('manifest.json'), 'utf8')));
    expect(artifacts).toEqual([{ ...dumped, rawSizeBytes, rawSha256, stores: ['main'] }]);
  });

  it('fails the set when a dump was cut off, although all of what was written is there', async () => {
    const bytes = zstdCompressSync('-- half a dump');
    await main().putStream(DUMP, Readable.from([bytes]));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    input.artifacts = [{ ...WRITTEN, key: DUMP, sizeBytes: bytes.length, sha256 }];

    await expect(seal()).rejects.toMatchObject({
      code: 'SetFailed',
      message: expect.stringMatching(/dump\.app: .*the trailer of pg_dumpall is missing/),
    });
    expect(() => readFileSync(file('manifest.json'))).toThrow();
  });

  it('fails the set when a dump is damaged in the store', async () => {
    input.artifacts = [await storeSql(main(), DUMP, 'select 1;\n', (bytes) => bytes.fill(0, 20, 24))];

    await expect(seal()).rejects.toMatchObject({
      code: 'SetFailed',
      message: expect.stringContaining('dump.app'),
    });
  });

  it('is partial, and says which, when a live index is in no snapshot', async () => {
    const index = cluster.simulator.liveIndices().find((name) => name.startsWith('operate')) ?? '';
    cluster.simulator.faults.add({ state: 'indexLeftOut', part: 'webapps', index });
    await recaptureWebapps();

    const result = await seal();

    expect(result.verdict).toBe('partial');
    expect(result.reasons.join()).toContain(index);
  });

  it('leaves a note of a set that was given up', async () => {
    const activities = createSealActivities(cluster.deps);
    const failed = { plan: input.plan, backupId: '1000', code: 'PartFailed', message: 'zeebe: disk full' };

    await runActivity(() => activities.recordFailure(failed));

    expect(JSON.parse(readFileSync(file('failure.json'), 'utf8'))).toMatchObject({
      code: 'PartFailed',
      backupId: '1000',
    });
  });
});

async function deleteSnapshot(name: string): Promise<void> {
  await fetch(`${cluster.simulator.urls.searchEngine}/_snapshot/camunda/${name}`, { method: 'DELETE' });
}

/** The same set under a higher id, taken while the fault is there. */
async function recaptureWebapps(): Promise<void> {
  const exporting = createExportingActivities(cluster.deps, noRuns);
  const capture = createCaptureActivities(cluster.deps, noRuns);
  input.backupId = '1001';
  input.window.pause = await runActivity(() =>
    exporting.pauseExporting({ plan: input.plan, set: { backupId: '1001', waves: [] } }),
  );
  input.window.parts = [];
  for (const part of PARTS) {
    const settled = input.window.parts.length > 1;
    input.window.parts.push(
      await runActivity(() =>
        capture.capturePart({ plan: input.plan, part, backupId: '1001', pausedForMs: 0, settled }),
      ),
    );
  }
  input.window.resume = await runActivity(() => exporting.resumeExporting({ cluster: CLUSTER }));
}
