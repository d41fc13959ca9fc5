import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DefaultLogger, type LogEntry } from '@temporalio/worker';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Config } from '../../src/config/schema.ts';
import { SafepointError } from '../../src/contract/errors.ts';
import type { Manifest } from '../../src/contract/manifest.ts';
import { METRICS } from '../../src/contract/metrics.ts';
import { watchCatalog, type CatalogWatch } from '../../src/monitoring/catalogWatch.ts';
import { createFolderStore } from '../../src/storage/folder.ts';
import { TRIAL_LEVELS, type TrialLevel } from '../../src/domain/setTrial.ts';
import type { ObjectStore } from '../../src/storage/port.ts';
import { createMetrics } from '../../src/system/metrics.ts';
import { until } from '../faults/until.ts';
import { CLUSTER, validDump, validFailure, validManifest } from '../fuzz/support/validSet.ts';
import { createRecordingMeter, type Recorded } from '../support/recordingMeter.ts';

const READABLE = `safepoint_catalog_readable{cluster=${CLUSTER}}`;
const LAST_COMPLETE = `safepoint_last_complete_timestamp_seconds{cluster=${CLUSTER}}`;
const LAST_FAILED = `safepoint_last_set_failed{cluster=${CLUSTER}}`;

let folder: string;
let store: ObjectStore;
let recorded: Recorded;
let logged: LogEntry[];
let watch: CatalogWatch | undefined;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'safepoint-watch-'));
  store = createFolderStore('local', { type: 'folder', path: folder });
});
afterEach(() => {
  watch?.stop();
  jest.useRealTimers();
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const camunda = { url: 'http://camunda:9600' };
const clusterConfig = { zeebe: camunda, webapps: camunda, searchEngine: camunda, store: 'local' };
const database = { host: 'pg', user: 'dump', password: { env: 'UNUSED' } };

function startWatch(clusters: Record<string, object> = { [CLUSTER]: {} }): CatalogWatch {
  const recording = createRecordingMeter();
  recorded = recording.recorded;
  logged = [];
  const config = Config.parse({
    stores: { local: { type: 'folder', path: folder } },
    clusters: Object.fromEntries(
      Object.entries(clusters).map(([name, more]) => [name, { ...clusterConfig, ...more }]),
    ),
  });
  const metrics = createMetrics(recording.meter, Object.keys(clusters));
  const logger = new DefaultLogger('WARN', (entry) => void logged.push(entry));
  watch = watchCatalog({ config, store: () => store, metrics }, logger);
  return watch;
}

async function putSet(backupId: string, more: Partial<Manifest> = {}): Promise<void> {
  const manifest = { ...validManifest, backupId, ...more };
  await store.putObject(`${CLUSTER}/${backupId}/manifest.json`, JSON.stringify(manifest));
  await store.putObject(`${CLUSTER}/${backupId}/web-modeler.sql.zst`, validDump.toString('latin1'));
}

async function putFailedSet(backupId: string): Promise<void> {
  await store.putObject(`${CLUSTER}/${backupId}/failure.json`, JSON.stringify({ ...validFailure, backupId }));
}

const lastProven = (level: TrialLevel) =>
  `safepoint_last_proven_timestamp_seconds{cluster=prod,level=${level}}`;

async function untilIs(name: string, value: number): Promise<void> {
  await until(`${name} is ${value}`, () => recorded[name] === value, 10_000);
}

describe('monitoring/catalogWatch: what the sets say', () => {
  it('shows the newest complete set with all its parts, past a partial one and one in flight', async () => {
    await putSet('1', { completedAt: '2026-11-20T02:00:00Z' });
    await putSet('2', { startedAt: '2026-11-21T02:00:00Z', completedAt: '2026-11-21T02:02:05.500Z' });
    await putSet('3', { verdict: 'partial' });
    await store.putObject(`${CLUSTER}/4/intent.json`, '{}');

    startWatch({ [CLUSTER]: { databases: { 'web-modeler': database } } });
    await untilIs(READABLE, 1);

    const ofSets = Object.entries(recorded).filter(([name]) => name.startsWith('safepoint_last_'));
    expect(Object.fromEntries(ofSets)).toEqual({
      [LAST_COMPLETE]: Date.parse('2026-11-21T02:02:05.500Z') / 1000,
      [LAST_FAILED]: 0,
      ...Object.fromEntries(TRIAL_LEVELS.map((level) => [lastProven(level), 0])),
      'safepoint_last_backup_duration_seconds{cluster=prod}': 125.5,
      'safepoint_last_window_seconds{cluster=prod}': 61,
      'safepoint_last_part_duration_seconds{cluster=prod,part=zeebe}': 42,
      'safepoint_last_part_duration_seconds{cluster=prod,part=web-modeler}': 9,
      'safepoint_last_part_size_bytes{cluster=prod,part=web-modeler}': validDump.length,
    });
  });

  it('says when a set was last proven restorable, a deeper proof counting for all before it', async () => {
    await putSet('1');
    await putSet('2');
    for (const name of [
      '1/restore.20261125T020000000Z.whole.ok.json',
      '2/restore.20261126T020000000Z.whole.failed.json',
      '2/drill.20261127T020000000Z.databases.ok.json',
    ])
      await store.putObject(`${CLUSTER}/${name}`, '{}');

    startWatch();
    await untilIs(READABLE, 1);

    const seconds = (day: number) => Date.parse(`2026-11-${day}T02:00:00Z`) / 1000;
    expect(TRIAL_LEVELS.map((level) => recorded[lastProven(level)])).toEqual([
      seconds(27),
      seconds(27),
      seconds(25),
      seconds(25),
    ]);
  });

  it('counts the sets that a verification found damaged, and not those that it found whole later', async () => {
    for (const id of ['1', '2', '3']) await putSet(id);
    await store.putObject(`${CLUSTER}/1/check.20261125T020000000Z.failed.json`, '{}');
    await store.putObject(`${CLUSTER}/2/check.20261125T020000000Z.failed.json`, '{}');
    await store.putObject(`${CLUSTER}/2/check.20261126T020000000Z.ok.json`, '{}');

    startWatch();
    await untilIs(READABLE, 1);

    expect(recorded['safepoint_damaged_sets{cluster=prod}']).toBe(1);
  });

  it.each([
    ['failed', (id: string) => putFailedSet(id)],
    ['has a manifest that is none', (id: string) => store.putObject(`${CLUSTER}/${id}/manifest.json`, '{}')],
  ])('says that the last set %s, beside the last complete one', async (_what, putLast) => {
    await putSet('1');
    await putLast('2');
    await store.putObject(`${CLUSTER}/3/intent.json`, '{}');

    startWatch();
    await untilIs(READABLE, 1);

    expect(recorded[LAST_FAILED]).toBe(1);
    expect(recorded[LAST_COMPLETE]).toBe(Date.parse(validManifest.completedAt) / 1000);
  });

  it('takes 0 for none, and does not read a long row of failed sets to its end', async () => {
    await putSet('1');
    for (let id = 2; id <= 61; id += 1) await putFailedSet(String(id));
    const reading = jest.spyOn(store, 'getObject');

    startWatch();
    await untilIs(READABLE, 1);

    expect(recorded[LAST_COMPLETE]).toBe(0);
    expect(reading).toHaveBeenCalledWith(`${CLUSTER}/12/failure.json`);
    expect(reading).not.toHaveBeenCalledWith(`${CLUSTER}/11/failure.json`);
  });

  it('makes no series of words that stand in a manifest only, nor of a time that is none', async () => {
    const [zeebe] = validManifest.parts;
    const parts = zeebe === undefined ? [] : [{ ...zeebe, part: 'made-up' }];
    await putSet('1', { parts, completedAt: 'some time' });

    startWatch();
    await untilIs(READABLE, 1);

    expect(Object.keys(recorded).filter((name) => name.includes('part='))).toEqual([]);
    expect(recorded[LAST_COMPLETE]).toBe(0);
  });

  it('keeps to the labels of the table', async () => {
    await putSet('1');

    startWatch({ [CLUSTER]: { databases: { 'web-modeler': database } } }).setEnded('unknown', 'failed');
    await untilIs(READABLE, 1);

    for (const series of Object.keys(recorded)) {
      const [, name = '', labels = ''] = /^(\w+)\{(.*)\}$/.exec(series) ?? [];
      const words = labels.split(',').map((pair) => pair.split('=')[0]);
      expect({ name, words }).toEqual({ name, words: METRICS[name as keyof typeof METRICS].labels });
      expect(labels).toContain(`cluster=${CLUSTER}`);
    }
  });
});

describe('monitoring/catalogWatch: when it looks', () => {
  it('sees a set soon after it has ended here, and counts it', async () => {
    await putSet('1');
    const ended = startWatch();
    await untilIs(READABLE, 1);
    await putFailedSet('2');

    ended.setEnded(CLUSTER, 'failed');
    await untilIs(LAST_FAILED, 1);

    expect(recorded).toMatchObject({
      'safepoint_sets_ended{cluster=prod,verdict=complete}': 0,
      'safepoint_sets_ended{cluster=prod,verdict=failed}': 1,
      'safepoint_sets_ended{cluster=prod,verdict=partial}': 0,
    });
  });

  it('sees a set that ends while it is looking at what was there before', async () => {
    await putSet('1');
    const [listed, goOn] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const list = store.listFolders.bind(store);
    jest.spyOn(store, 'listFolders').mockImplementationOnce(async (prefix) => {
      const before = await list(prefix);
      listed.resolve(undefined);
      await goOn.promise;
      return before;
    });
    const ended = startWatch();
    await listed.promise;
    await putSet('2', { completedAt: '2026-11-23T02:00:00Z' });

    ended.setEnded(CLUSTER, 'complete');
    goOn.resolve(undefined);

    await untilIs(LAST_COMPLETE, Date.parse('2026-11-23T02:00:00Z') / 1000);
  });

  it('sees a set that another worker took within five minutes', async () => {
    jest.useFakeTimers({ now: Date.now(), doNotFake: ['nextTick', 'setImmediate', 'performance'] });
    await putSet('1');
    startWatch();
    await untilIs(READABLE, 1);
    await putSet('2', { completedAt: '2026-11-23T02:00:00Z' });

    jest.advanceTimersByTime(5 * 60_000);

    await untilIs(LAST_COMPLETE, Date.parse('2026-11-23T02:00:00Z') / 1000);
  });
});

describe('monitoring/catalogWatch: a store that does not help', () => {
  it('that fails leaves what was known, and is told of', async () => {
    await putSet('1');
    const ended = startWatch();
    await untilIs(READABLE, 1);
    const known = recorded[LAST_COMPLETE];

    jest.spyOn(store, 'listFolders').mockRejectedValue(new SafepointError('StoreFailed', 'the disk is gone'));
    ended.setEnded(CLUSTER, 'partial');
    await untilIs(READABLE, 0);

    expect(recorded[LAST_COMPLETE]).toBe(known);
    expect(logged).toMatchObject([
      {
        level: 'WARN',
        message: 'the newest sets of a cluster could not be read for the metrics',
        meta: { cluster: CLUSTER, reason: 'the disk is gone' },
      },
    ]);
  });

  it('that hangs is told of after a minute, is not asked twice, and hides no other cluster', async () => {
    jest.useFakeTimers({ now: Date.now(), doNotFake: ['nextTick', 'setImmediate', 'performance'] });
    await putSet('1');
    const list = store.listFolders.bind(store);
    const listing = jest
      .spyOn(store, 'listFolders')
      .mockImplementation((prefix) => (prefix === 'other/' ? new Promise(() => undefined) : list(prefix)));

    startWatch({ other: {}, [CLUSTER]: {} });
    await untilIs(READABLE, 1);
    jest.advanceTimersByTime(60_000);
    const told = recorded['safepoint_catalog_readable{cluster=other}'];
    jest.advanceTimersByTime(20 * 60_000);

    expect(told).toBe(0);
    expect(logged.filter(({ meta }) => meta?.['cluster'] === 'other')).toMatchObject([
      { meta: { reason: 'no answer within 60 s' } },
    ]);
    expect(listing.mock.calls.filter(([prefix]) => prefix === 'other/')).toHaveLength(1);
    expect(Object.keys(recorded).filter((name) => name.includes('last_') && name.includes('other'))).toEqual(
      [],
    );
  });
});
