import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { clusterSettings } from '../../sandbox/clusterSettings.ts';
import { startSimulator, type Simulator } from '../../sandbox/simulator/startSimulator.ts';
import { createDeletionActivities } from '../../src/activities/deletion.ts';
import { createReplicateActivities } from '../../src/activities/replicate.ts';
import { removeReplica } from '../../src/activities/replicate/removeReplica.ts';
import { Config } from '../../src/config/schema.ts';
import { ReplicaRecord, type ReplicatePlan } from '../../src/contract/replica.ts';
import { replicateWorkflowId } from '../../src/contract/names.ts';
import { createDependencies, type Dependencies } from '../../src/dependencies.ts';
import type { ObjectStore } from '../../src/storage/port.ts';
import type { RunLookup } from '../../src/system/runs.ts';
import { put, writeSnapshot, writeZeebeBackup } from '../storage/replica/layouts.ts';
import { contentOf, watched } from '../storage/replica/stores.ts';
import { activityEnvironment, runActivity } from '../support/runActivity.ts';

const ID = '1795633815';
const STORES = ['main', 'zeebe', 'zeebe-copy', 'snapshots', 'snapshots-copy'] as const;

let root: string;
let simulator: Simulator;
let dependencies: Dependencies;
let plan: ReplicatePlan;
let openWindow: string | null;
/** Stores that a test has put something in front of. */
let inFront: Partial<Record<string, ObjectStore>>;

const at = (name: (typeof STORES)[number]) => dependencies.store(name);
const set = { backupId: ID, partitionCount: 2, snapshots: ['first', 'second'] };

beforeEach(async () => {
  root = mkdtempSync(path.join(os.tmpdir(), 'safepoint-replicate-'));
  for (const name of STORES) mkdirSync(path.join(root, name));
  simulator = await startSimulator({ profile: '8.8', partMs: 1_500 });
  const config = Config.parse({
    stores: Object.fromEntries(STORES.map((name) => [name, { type: 'folder', path: path.join(root, name) }])),
    clusters: {
      demo: clusterSettings(simulator.urls, {
        store: 'main',
        replicate: {
          zeebe: { from: 'zeebe', to: 'zeebe-copy' },
          snapshots: { from: 'snapshots', to: 'snapshots-copy' },
        },
      }),
    },
  });
  dependencies = createDependencies(config);
  openWindow = null;
  inFront = {};
  const asWorkflow = activityEnvironment({
    workflowExecution: { workflowId: replicateWorkflowId('demo'), runId: 'r' },
  });
  plan = await runActivity(() => activities().planReplicate({ cluster: 'demo' }), asWorkflow);
  await writeZeebeBackup(at('zeebe'), ID);
  for (const name of set.snapshots) await writeSnapshot(at('snapshots'), name);
});
afterEach(async () => {
  await dependencies.close();
  await simulator.stop();
  rmSync(root, { recursive: true });
});

function activities() {
  const runs: RunLookup = {
    findOpenWindow: () =>
      Promise.resolve(openWindow === null ? null : { holder: null, seen: openWindow, resumeProblem: null }),
    readRunState: () => Promise.resolve('unknown'),
  };
  const store = (name: string) => inFront[name] ?? dependencies.store(name);
  return createReplicateActivities({ ...dependencies, store }, runs);
}

const copyZeebe = () => runActivity(() => activities().replicateZeebe({ plan, set }));
const inTime = () =>
  activityEnvironment({ scheduledTimestampMs: Date.now(), scheduleToCloseTimeoutMs: 600_000 });
const copySnapshots = (environment = inTime()) =>
  runActivity(() => activities().replicateSnapshots({ plan, set }), environment);

async function expectCopied(from: (typeof STORES)[number], to: (typeof STORES)[number]): Promise<void> {
  expect(await contentOf(at(to))).toEqual(await contentOf(at(from)));
}

describe('activities/replicate: Zeebe', () => {
  it.each([
    ['of S3 up to 8.8', false],
    ['of all other stores', true],
  ])('copies one backup in the layout %s, and leaves others alone', async (_, split) => {
    const other = `${ID}0`;
    await writeZeebeBackup(at('zeebe'), other, { split });
    await put(at('zeebe'), 'safepoint/demo/notes.txt', 'a bucket that is shared');

    const record = await runActivity(() =>
      activities().replicateZeebe({ plan, set: { ...set, backupId: other } }),
    );

    const copied = await contentOf(at('zeebe-copy'));
    expect(Object.keys(copied)).toHaveLength(6);
    expect(Object.keys(copied).every((key) => key.includes(`/${other}/`))).toBe(true);
    expect(await contentOf(at('zeebe'))).toMatchObject(copied);
    expect(record).toMatchObject({ kind: 'zeebe', objects: 6, copiedObjects: 6, startOvers: 0 });
  });

  it('leaves a record beside the set', async () => {
    const record = await copyZeebe();

    const text = await at('main').getObject(`demo/${ID}/replica.zeebe.json`);
    expect(ReplicaRecord.parse(JSON.parse(text ?? ''))).toEqual(record);
    expect(record.to).toEqual({ store: 'zeebe-copy', location: path.join(root, 'zeebe-copy') });
  });

  it('starts over when its source changes meanwhile', async () => {
    let reads = 0;
    inFront['zeebe'] = watched(at('zeebe'), async ({ verb, key }) => {
      if (verb === 'getStream' && (reads += 1) === 2 && key !== '')
        await put(at('zeebe'), `1/${ID}/0/snapshot/new`, 'x');
    });

    const record = await copyZeebe();

    expect(record).toMatchObject({ startOvers: 1, objects: 7 });
    await expectCopied('zeebe', 'zeebe-copy');
  });

  it.each([
    ['a partition is missing', { partitions: 1 }],
    ['it has failed', { statusCode: 'failed' }],
  ])('refuses a backup of which %s', async (_, options) => {
    const other = `${ID}1`;
    await writeZeebeBackup(at('zeebe'), other, options);

    const copy = runActivity(() => activities().replicateZeebe({ plan, set: { ...set, backupId: other } }));

    await expect(copy).rejects.toMatchObject({ code: 'ReplicaRefused' });
    await expect(copy).rejects.toThrow(/no completed backup 17956338151 of partition .*base path/);
    expect(await contentOf(at('zeebe-copy'))).toEqual({});
  });

  it('is deleted with its set', async () => {
    await copyZeebe();
    const deletion = createDeletionActivities(dependencies, {} as RunLookup);

    await runActivity(() => deletion.deletePart({ cluster: 'demo', backupId: ID, part: 'zeebe' }));

    expect(await contentOf(at('zeebe-copy'))).toEqual({});
    expect(await contentOf(at('main'))).toEqual({});
  });

  it('removeReplica deletes the copy of one set, twice is no error, and the source stays', async () => {
    const other = `${ID}2`;
    await writeZeebeBackup(at('zeebe'), other);
    await runActivity(() => activities().replicateZeebe({ plan, set: { ...set, backupId: other } }));
    await copyZeebe();
    const kept = await contentOf(at('zeebe'));
    const removed: string[] = [];
    const stores = { ...dependencies, store: (name: string) => inFront[name] ?? dependencies.store(name) };
    inFront['zeebe-copy'] = watched(at('zeebe-copy'), ({ verb, key }) => {
      if (verb === 'remove') removed.push(key);
    });

    const first = await removeReplica(stores, { cluster: 'demo', backupId: ID });
    const second = await removeReplica(stores, { cluster: 'demo', backupId: ID });

    expect([first, second]).toEqual([6, 0]);
    expect(removed.slice(0, 2).every((key) => key.endsWith('manifest.json'))).toBe(true);
    expect(Object.keys(await contentOf(at('zeebe-copy'))).every((key) => key.includes(`/${other}/`))).toBe(
      true,
    );
    expect(await contentOf(at('zeebe'))).toEqual(kept);
    expect(Object.keys(await contentOf(at('main')))).toEqual([
      `demo/${other}/replica.zeebe.json`,
      `demo/${other}/replica.zeebe.ledger.ndjson`,
    ]);
  });
});

describe('activities/replicate: the snapshot repository', () => {
  it('copies it whole, the list of snapshots and its pointer last; then only what is new', async () => {
    await put(at('snapshots'), 'tests-abc/master.dat', 'a node tries the repository');
    const written: string[] = [];
    inFront['snapshots-copy'] = watched(at('snapshots-copy'), ({ verb, key }) => {
      if (verb === 'putStream') written.push(key);
    });
    const first = await copySnapshots();
    await at('snapshots').remove('tests-abc/master.dat');
    await expectCopied('snapshots', 'snapshots-copy');
    expect(written.slice(-2)).toEqual(['index-1', 'index.latest']);

    await writeSnapshot(at('snapshots'), 'third');
    const second = await copySnapshots();

    await expectCopied('snapshots', 'snapshots-copy');
    expect(first).toMatchObject({ kind: 'snapshots', generation: 1, objects: 10, copiedObjects: 10 });
    // Four of the new snapshot, index-2 and index.latest; index-1 is gone.
    expect(second).toMatchObject({ generation: 2, copiedObjects: 6, removedObjects: 1, mendedObjects: 0 });
  });

  it('starts over when index-N changes meanwhile', async () => {
    let isFirst = true;
    inFront['snapshots'] = watched(at('snapshots'), async ({ verb, key }) => {
      if (verb !== 'getStream' || !key.startsWith('snap-') || !isFirst) return;
      isFirst = false;
      await writeSnapshot(at('snapshots'), 'third');
    });

    const record = await copySnapshots();

    expect(record).toMatchObject({ startOvers: 1, generation: 2 });
    await expectCopied('snapshots', 'snapshots-copy');
  });

  it('waits while a snapshot runs, and says which', async () => {
    const searchEngine = dependencies.camunda('demo');
    await searchEngine.startBackup('zeebe-records', ID);
    const environment = inTime();
    const heartbeats: unknown[] = [];
    environment.on('heartbeat', (details) => heartbeats.push(details));

    const record = await copySnapshots(environment);

    expect(simulator.requests.filter(({ path: asked }) => asked.endsWith('/_status')).length).toBeGreaterThan(
      2,
    );
    expect(JSON.stringify(heartbeats)).toContain(
      `waiting, snapshots run: camunda_zeebe_records_backup_${ID}`,
    );
    expect(record.startOvers).toBe(0);
  }, 20_000);

  it('starts over when a snapshot began meanwhile, and waits for it', async () => {
    let isFirst = true;
    inFront['snapshots'] = watched(at('snapshots'), async ({ verb, key }) => {
      if (verb !== 'getStream' || !key.startsWith('snap-') || !isFirst) return;
      isFirst = false;
      await dependencies.camunda('demo').startBackup('zeebe-records', ID);
    });

    expect(await copySnapshots()).toMatchObject({ startOvers: 1 });
  }, 20_000);

  it('waits while a backup holds the window, and gives up when the budget ends', async () => {
    openWindow = 'cluster demo is busy';
    const now = Date.now();
    const free = copySnapshots();
    await sleep(500);
    openWindow = null;
    await free;
    openWindow = 'cluster demo is busy';

    const late = copySnapshots(
      activityEnvironment({ scheduledTimestampMs: now - 60_000, scheduleToCloseTimeoutMs: 60_000 }),
    );

    await expect(late).rejects.toMatchObject({ code: 'RepositoryBusy' });
    await expect(late).rejects.toThrow('cluster demo is busy');
  }, 20_000);

  it('removes what is gone from the repository from the copy', async () => {
    await copySnapshots();
    const [gone = ''] = Object.keys(await contentOf(at('snapshots'))).filter((key) =>
      key.startsWith('indices/'),
    );
    await at('snapshots').remove(gone);

    expect(await copySnapshots()).toMatchObject({ removedObjects: 1, copiedObjects: 0 });
    await expectCopied('snapshots', 'snapshots-copy');
  });

  it('refuses what is no repository, or not the one of the set', async () => {
    const nothing = runActivity(() =>
      activities().replicateSnapshots({
        plan: { ...plan, snapshots: { from: 'zeebe', to: 'snapshots-copy' } },
        set,
      }),
    );
    const other = runActivity(() =>
      activities().replicateSnapshots({ plan, set: { ...set, snapshots: ['first', 'of-another-cluster'] } }),
    );

    await expect(nothing).rejects.toThrow(/no snapshot repository: it has no index-N/);
    await expect(other).rejects.toThrow(/does not list 1 of 2 snapshots.* of-another-cluster/);
    for (const copy of [nothing, other]) await expect(copy).rejects.toMatchObject({ code: 'ReplicaRefused' });
    expect(await contentOf(at('snapshots-copy'))).toEqual({});
  });

  it('starts over when a list of snapshots comes after the last look at the source', async () => {
    await at('snapshots').remove('index.latest'); // as old engines leave it; with it there is a second sign
    const target = at('snapshots-copy');
    let lists = 0;
    inFront['snapshots-copy'] = new Proxy(target, {
      get(_, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (name !== 'list') return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        return async function* list(prefix: string) {
          // The second look at the target comes after that at the source.
          if (prefix === '' && (lists += 1) === 2)
            await put(
              at('snapshots'),
              'index-2',
              JSON.stringify({ snapshots: set.snapshots.map((it) => ({ name: it })) }),
            );
          yield* target.list(prefix);
        };
      },
    });

    expect(await copySnapshots()).toMatchObject({ startOvers: 1, generation: 2 });
    await expectCopied('snapshots', 'snapshots-copy');
  });

  it('refuses a target that another cluster writes to', async () => {
    for (const name of ['a', 'b', 'c']) await writeSnapshot(at('snapshots-copy'), name);
    const before = await contentOf(at('snapshots-copy'));

    const copy = copySnapshots();

    await expect(copy).rejects.toMatchObject({ code: 'ReplicaRefused' });
    await expect(copy).rejects.toThrow(/index-2 was not copied there/);
    expect(await contentOf(at('snapshots-copy'))).toEqual(before);
  });

  it('tells an empty source from a set that does not exist', async () => {
    const none = runActivity(() => activities().chooseReplicaSet(plan));

    await expect(none).rejects.toThrow('there is no complete set of demo in store main');
  });
});
