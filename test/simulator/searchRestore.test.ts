import { afterEach, describe, expect, it } from '@jest/globals';
import type { SimulatorOptions } from '../../sandbox/simulator/options.ts';
import {
  createRestoreIndicesActivities,
  type RestoreSnapshotInput,
} from '../../src/activities/restoreIndices.ts';
import { drillPrefix } from '../../src/domain/drillIndices.ts';
import { CLUSTER, startCluster, type SimulatedCluster } from '../activities/preflight/simulatedCluster.ts';
import { activityEnvironment, runActivity } from '../support/runActivity.ts';
import { until } from './support/call.ts';

const SNAPSHOT = 'camunda_zeebe_records_backup_1000';

let cluster: SimulatedCluster;
let indices: string[];
afterEach(() => cluster.close());

/** With a snapshot of the records. */
async function start(options: SimulatorOptions) {
  cluster = await startCluster({ partMs: 50, ...options });
  const client = cluster.deps.camunda(CLUSTER);
  await client.startBackup('zeebe-records', '1000');
  await until(
    () => client.getBackup('zeebe-records', '1000'),
    ({ kind }) => kind === 'complete',
  );
  indices = (await client.searchEngine.readSnapshot(SNAPSHOT))?.indices ?? [];
  return { client, activities: createRestoreIndicesActivities(cluster.deps) };
}

const input = (changed: Partial<RestoreSnapshotInput> = {}) => ({
  cluster: CLUSTER,
  snapshot: SNAPSHOT,
  indices,
  stallMs: 10_000,
  ...changed,
});

describe('simulator/searchRestore', () => {
  it.each(['8.6', '8.8'] as const)('deletes and restores the records of %s as they were', async (profile) => {
    const { client, activities } = await start({ profile });
    const all = cluster.simulator.liveIndices();
    const aliases = await client.searchEngine.readAliases(['zeebe-record']);
    const templates = await client.searchEngine.readTemplates(['operate']);

    await cluster.deps.camunda(CLUSTER).searchEngine.deleteIndices(indices);
    const between = cluster.simulator.liveIndices();
    const restored = await runActivity(() => activities.restoreSnapshot(input()));

    expect(between).toEqual(all.filter((name) => !name.startsWith('zeebe-record')));
    expect(restored.indices).toEqual(indices.map((index) => ({ index, documents: 100, sizeBytes: 20_000 })));
    expect(cluster.simulator.liveIndices()).toEqual(all);
    await expect(client.searchEngine.readAliases(['zeebe-record'])).resolves.toEqual(aliases);
    await expect(client.searchEngine.readTemplates(['operate'])).resolves.toEqual(templates);
    expect(templates.length).toBeGreaterThan(5);
  });

  it('restores nothing over what is there', async () => {
    const { activities } = await start({ profile: '8.6' });

    const restoring = runActivity(() => activities.restoreSnapshot(input()));

    await expect(restoring).rejects.toMatchObject({ code: 'IndexInTheWay' });
  });

  it.each([
    [
      { state: 'restoreFails', reason: 'CorruptIndexException[bad]' },
      /could not be restored: .*CorruptIndexException\[bad\]/,
    ],
    [{ state: 'restoreStalls' }, /4 of 5 shards started.*no progress/],
  ] as const)('shows a restore that does not end well: %j', async (fault, message) => {
    const { activities } = await start({ profile: '8.6' });
    await cluster.deps.camunda(CLUSTER).searchEngine.deleteIndices(indices);
    cluster.simulator.faults.add(fault);

    const restoring = runActivity(() => activities.restoreSnapshot(input({ stallMs: 1_000 })));

    await expect(restoring).rejects.toMatchObject({
      code: 'RestoreIncomplete',
      message: expect.stringMatching(message),
    });
  });

  it('asks once for a restore whose answer was lost', async () => {
    const { activities } = await start({ profile: '8.6' });
    await cluster.deps.camunda(CLUSTER).searchEngine.deleteIndices(indices);
    cluster.simulator.faults.add({
      on: 'POST searchEngine restore',
      when: 'after',
      answer: 'reset',
      times: 1,
    });

    const first = runActivity(() => activities.restoreSnapshot(input()));
    await expect(first).rejects.toMatchObject({ code: 'EndpointUnreachable' });
    const second = await runActivity(() => activities.restoreSnapshot(input()));

    expect(second.indices).toHaveLength(indices.length);
    const asked = cluster.simulator.requests.filter(({ path }) => path.includes('/_restore'));
    expect(asked).toHaveLength(1);
  });

  it('waits for a restore of its own that lands while it asks', async () => {
    const { activities } = await start({ profile: '8.6' });
    await cluster.deps.camunda(CLUSTER).searchEngine.deleteIndices(indices);
    cluster.simulator.faults.add({ on: 'POST searchEngine restore', twice: true, times: 1 });

    const restored = await runActivity(() => activities.restoreSnapshot(input()));

    expect(restored.indices).toHaveLength(indices.length);
  });

  it('ends at once when it is cancelled, and tells how far it was', async () => {
    const { activities } = await start({ profile: '8.6' });
    await cluster.deps.camunda(CLUSTER).searchEngine.deleteIndices(indices);
    cluster.simulator.faults.add({ state: 'restoreStalls' });
    const environment = activityEnvironment();
    const heartbeats: unknown[] = [];
    const shown = new Promise<void>((resolve) => {
      environment.on('heartbeat', (details: { progress?: string } | undefined) => {
        heartbeats.push(details);
        if (details?.progress?.includes('4 of 5') === true) resolve();
      });
    });

    const ended = expect(
      runActivity(() => activities.restoreSnapshot(input()), environment),
    ).rejects.toMatchObject({ name: 'CancelledFailure' });
    await shown;
    environment.cancel('CANCELLED');
    await ended;

    expect(heartbeats.at(-1)).toEqual({
      progress: 'zeebe-records: 4 of 5 shards started, 80.0 kB of 100.0 kB',
    });
  });

  it('keeps copies of a drill apart from the indices', async () => {
    const { client, activities } = await start({ profile: '8.8' });
    const all = cluster.simulator.liveIndices();
    const renamePrefix = drillPrefix(CLUSTER, '1f0c9a52-7a40-4f6e-9a0e-0d7f4b6c2e11');

    const copied = await runActivity(() => activities.restoreSnapshot(input({ renamePrefix })));
    const aliases = await client.searchEngine.readAliases([renamePrefix]);
    const swept = await runActivity(() => activities.sweepDrillIndices({ cluster: CLUSTER }));

    expect(copied.indices.map(({ index }) => index)).toEqual(indices);
    expect(aliases).toEqual([]);
    expect(swept).toEqual({ removed: indices.map((index) => renamePrefix + index), left: [] });
    expect(cluster.simulator.liveIndices()).toEqual(all);
  });
});
