import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRestoreActivities } from '../../../src/activities/restore.ts';
import { runActivity } from '../../support/runActivity.ts';
import { CLUSTER, startCluster, type SimulatedCluster } from '../preflight/simulatedCluster.ts';

let cluster: SimulatedCluster;
beforeAll(async () => {
  cluster = await startCluster({ profile: '8.8' });
});
afterAll(async () => {
  await cluster.close();
});

const ref = {
  ...{ cluster: CLUSTER, target: CLUSTER, restoreId: 'r' },
  ...{ backupId: '1000', manifest: { store: 'main', key: '', sha256: '' } },
};
const file = (name: string) => path.join(cluster.folder, CLUSTER, '1000', name);
const enter = () =>
  runActivity(() => createRestoreActivities(cluster.deps).enterRestoreStep({ ref, step: 'dumps' }));

describe('activities/restore: the marker beside the set', () => {
  it('is written, so that a deletion that begins now sees it', async () => {
    mkdirSync(path.dirname(file('x')), { recursive: true });

    await enter();

    expect(existsSync(file('restoring.json'))).toBe(true);
  });

  it('is no use where a deletion has begun already: the restore is refused', async () => {
    writeFileSync(file('tombstone.json'), '{}');

    await expect(enter()).rejects.toMatchObject({
      code: 'RestoreRefused',
      message: expect.stringContaining('set 1000 of prod is being deleted'),
    });
  });
});
