import { readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ActivityDeps } from '../../src/activities/deps.ts';
import { deleteUntilGone } from '../../src/activities/restore/deleteUntilGone.ts';
import { createRestoreIndicesActivities } from '../../src/activities/restoreIndices.ts';
import type { RestoreEngine } from '../../src/camunda/restorePort.ts';
import { drillPrefix } from '../../src/domain/drillIndices.ts';
import { START_MS, startRealEngine, whyNoEngine, type RealEngine } from '../camunda/support/realEngine.ts';
import { activityEnvironment, runActivity } from '../support/runActivity.ts';

const CLUSTER = 'prod';
const SNAPSHOT = 'camunda_operate_7_8.6.0_part_1_of_2';
const INDICES = ['operate-b_', 'operate-a_'];
const input = { cluster: CLUSTER, snapshot: SNAPSHOT, indices: INDICES, stallMs: 20_000 };
const contents = {
  snapshot: SNAPSHOT,
  indices: [
    { index: 'operate-b_', documents: 5, sizeBytes: expect.any(Number) },
    { index: 'operate-a_', documents: 25, sizeBytes: expect.any(Number) },
  ],
};
const describeReal = whyNoEngine === '' ? describe : describe.skip;

describeReal(`activities/restoreIndices: a real OpenSearch${whyNoEngine}`, () => {
  let real: RealEngine;
  let engine: RestoreEngine;
  let activities: ReturnType<typeof createRestoreIndicesActivities>;

  beforeAll(async () => {
    real = await startRealEngine();
    engine = real.client.searchEngine;
    activities = createRestoreIndicesActivities({ camunda: () => real.client } as unknown as ActivityDeps);
    await real.createIndex('operate-a_', { shards: 2, documents: 25 });
    await real.createIndex('operate-b_', { documents: 5 });
    await real.takeSnapshot(SNAPSHOT, INDICES);
  }, START_MS);
  afterAll(() => real.stop());
  beforeEach(async () => {
    await real.openSearch.deleteIndices(['operate*', 'safepoint-drill-*']);
  });

  const restore = (
    changed: Partial<typeof input> & { renamePrefix?: string } = {},
    environment = activityEnvironment(),
  ) => runActivity(() => activities.restoreSnapshot({ ...input, ...changed }), environment);
  const remove = (indices: string[]) =>
    deleteUntilGone(engine, indices, () => undefined, new AbortController().signal);
  const namesOf = async (prefix: string) => (await engine.listIndexStates([prefix])).map(({ name }) => name);
  const uuids = () => real.call('GET', '/_cat/indices/operate*?format=json&h=index,uuid&s=index');

  it('restores, and says what is there now; a second time it changes nothing', async () => {
    const first = await restore();
    const before = await uuids();

    const second = await restore();

    expect(first).toEqual(contents);
    expect(second).toEqual(first);
    await expect(uuids()).resolves.toEqual(before);
  });

  it('goes on where a killed attempt was, and beside one that still lives', async () => {
    await engine.startRestore({ snapshot: SNAPSHOT, indices: ['operate-a_'] });

    const results = await Promise.all([restore(), restore()]);

    expect(results).toEqual([contents, contents]);
  });

  it('restores a snapshot of no index, and none that is not whole or not there', async () => {
    await real.takeSnapshot('of-nothing', ['nothing-*']);
    const nowhere = { 'index.routing.allocation.require.rack': 'none', number_of_replicas: 0 };
    await real.call('PUT', '/operate-red_?wait_for_active_shards=0', { settings: nowhere });
    await real.takeSnapshot('partial', ['operate-red_'], { partial: true });
    await engine.deleteIndices(['operate-red_']);

    const empty = await restore({ snapshot: 'of-nothing', indices: [] });
    const partial = restore({ snapshot: 'partial', indices: ['operate-red_'] });
    await expect(partial).rejects.toMatchObject({
      code: 'SnapshotUnusable',
      message: expect.stringContaining('PARTIAL'),
    });
    const missing = restore({ snapshot: 'missing' });
    await expect(missing).rejects.toMatchObject({ code: 'SnapshotUnusable' });
    const without = restore({ indices: ['operate-a_', 'operate-c_'] });
    await expect(without).rejects.toMatchObject({
      code: 'SnapshotUnusable',
      message: expect.stringContaining('operate-c_'),
    });

    expect(empty).toEqual({ snapshot: 'of-nothing', indices: [] });
    await expect(namesOf('operate')).resolves.toEqual([]);
  });

  it.each(['open', 'closed'])('leaves an index of the name alone that is %s', async (state) => {
    await real.createIndex('operate-b_', { documents: 2 });
    if (state === 'closed') await real.call('POST', '/operate-b_/_close');
    const before = await uuids();

    const restoring = restore();

    await expect(restoring).rejects.toMatchObject({
      code: 'IndexInTheWay',
      message: expect.stringMatching(/^operate-b_ exists, and comes from elsewhere/),
    });
    await expect(uuids()).resolves.toEqual(before);
  });

  it('leaves an index alone that comes from another snapshot', async () => {
    await restore();
    await real.takeSnapshot('later', INDICES);

    const restoring = restore({ snapshot: 'later' });

    await expect(restoring).rejects.toMatchObject({
      code: 'IndexInTheWay',
      message: expect.stringContaining(SNAPSHOT),
    });
  });

  it('says which shard of a damaged snapshot could not be restored, and can start again', async () => {
    await real.createIndex('operate-damaged_', { documents: 3 });
    await real.takeSnapshot('damaged', ['operate-damaged_']);
    await engine.deleteIndices(['operate-damaged_']);
    damageNewestBlob(real.openSearch.repositoryDir);

    const restoring = restore({ snapshot: 'damaged', indices: ['operate-damaged_'] });
    await expect(restoring).rejects.toMatchObject({
      code: 'RestoreIncomplete',
      message: expect.stringMatching(
        /^shard 0 of operate-damaged_ of damaged could not be restored: ALLOCATION_FAILED: Corrupt/,
      ),
    });
    await remove(['operate-damaged_']);

    await expect(namesOf('operate')).resolves.toEqual([]);
  });

  it('gives up a shard that is placed nowhere, and says why', async () => {
    await real.createIndex('operate-lost_', { documents: 3 });
    await real.call('PUT', '/operate-lost_/_settings', { 'index.routing.allocation.require.rack': 'none' });
    await real.takeSnapshot('unplaced', ['operate-lost_']);
    await engine.deleteIndices(['operate-lost_']);

    const restoring = restore({ snapshot: 'unplaced', indices: ['operate-lost_'], stallMs: 1_500 });

    await expect(restoring).rejects.toMatchObject({
      code: 'RestoreIncomplete',
      message: expect.stringMatching(
        /0 of 1 shards started.*no progress.*shard 0 of operate-lost_: NEW_INDEX_RESTORED/,
      ),
    });
  });

  it('deletes exactly what it is told, hidden and closed ones too', async () => {
    await real.createIndex('operate-a_');
    await real.createIndex('operate-hidden_', { body: { settings: { hidden: true } } });
    await real.createIndex('operate-closed_');
    await real.call('POST', '/operate-closed_/_close');
    await real.createIndex('operate-kept_');
    const indices = ['operate-a_', 'operate-hidden_', 'operate-closed_', 'operate-gone_'];

    await remove(indices);

    await expect(namesOf('operate')).resolves.toEqual(['operate-kept_']);
  });

  it('removes the copies of a drill, and nothing that only has such a name', async () => {
    const ours = drillPrefix(CLUSTER, '1f0c9a52-7a40-4f6e-9a0e-0d7f4b6c2e11');
    const earlier = drillPrefix(CLUSTER, '77777777-7a40-4f6e-9a0e-0d7f4b6c2e11');
    const neighbours = drillPrefix('prod-eu', '1f0c9a52-7a40-4f6e-9a0e-0d7f4b6c2e11');
    await real.createIndex('operate-a_', { documents: 1 });
    for (const renamePrefix of [ours, earlier, neighbours]) await restore({ renamePrefix });
    await real.createIndex(`${ours}made-here`);
    const copies = (prefix: string) => [`${prefix}operate-a_`, `${prefix}operate-b_`];

    const removed = await runActivity(() =>
      activities.removeDrillIndices({ cluster: CLUSTER, renamePrefix: ours }),
    );
    const swept = await runActivity(() => activities.sweepDrillIndices({ cluster: CLUSTER }));

    expect(removed).toEqual({ removed: copies(ours), left: [`${ours}made-here`] });
    expect(swept).toEqual({ removed: copies(earlier), left: [`${ours}made-here`] });
    await expect(namesOf('safepoint-drill')).resolves.toEqual([`${ours}made-here`, ...copies(neighbours)]);
    await expect(engine.countDocuments(['operate-a_'])).resolves.toEqual([
      { index: 'operate-a_', documents: 1 },
    ]);
  });

  it('removes nothing by a prefix that no drill has', async () => {
    await restore();

    const removal = runActivity(() =>
      activities.removeDrillIndices({ cluster: CLUSTER, renamePrefix: 'operate-' }),
    );

    await expect(removal).rejects.toMatchObject({ code: 'InvalidInput' });
    await expect(namesOf('operate')).resolves.toEqual(INDICES.toSorted());
  });
});

/** Changes bytes in the middle of the data that was written last. */
function damageNewestBlob(repositoryDir: string): void {
  const files = readdirSync(repositoryDir, { recursive: true, encoding: 'utf8' })
    .filter((name) => path.basename(name).startsWith('__'))
    .map((name) => path.join(repositoryDir, name))
    .filter((file) => statSync(file).size > 1_000)
    .sort((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs);
  const newest = files.at(-1) ?? '';
  const handle = { flag: 'r+' } as const;
  const bytes = Buffer.alloc(statSync(newest).size, 'x');
  writeFileSync(newest, bytes, handle);
}
