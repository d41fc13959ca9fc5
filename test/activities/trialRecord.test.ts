import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createDrillActivities } from '../../src/activities/drill.ts';
import { recordTrial } from '../../src/activities/restore/record.ts';
import { leaveTrialRecord } from '../../src/activities/trialRecord.ts';
import { Config } from '../../src/config/schema.ts';
import type { DrillInfo } from '../../src/contract/drill.ts';
import { SafepointError } from '../../src/contract/errors.ts';
import type { RestoreInfo } from '../../src/contract/restore.ts';
import { createDependencies, type Dependencies } from '../../src/dependencies.ts';
import type { ObjectStore } from '../../src/storage/port.ts';
import { clusterSettings } from '../../sandbox/clusterSettings.ts';
import { changed } from '../storage/changedStore.ts';
import { CLUSTER, ID, writeSet } from '../storage/repair/setFixture.ts';
import { runActivity } from '../support/runActivity.ts';

const SET = { cluster: CLUSTER, target: CLUSTER, backupId: ID };
const PROOF = { proven: ['all of it'], notProven: [] };
const NOWHERE = 'http://127.0.0.1:9';

let dir: string;
let deps: Dependencies;
let main: ObjectStore;
let offsite: ObjectStore;

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'safepoint-trial-'));
  const folder = async (name: string) => ({
    type: 'folder',
    path: await mkdtemp(path.join(dir, `${name}-`)),
  });
  const urls = { zeebe: NOWHERE, restApi: NOWHERE, searchEngine: NOWHERE, webapps: NOWHERE };
  const settings = clusterSettings(urls, { store: 'main', copies: ['offsite'] });
  const searchEngine = { url: NOWHERE, repository: 'camunda' };
  deps = createDependencies(
    Config.parse({
      stores: { main: await folder('main'), offsite: await folder('offsite') },
      clusters: { [CLUSTER]: { ...settings, searchEngine } },
    }),
  );
  [main, offsite] = [deps.store('main'), deps.store('offsite')];
  for (const store of [main, offsite]) await writeSet(store);
});

afterEach(async () => {
  await deps.close();
  await rm(dir, { recursive: true });
});

/** Answers no listing. */
function down(store: ObjectStore): ObjectStore {
  return changed(store, {
    list: () => {
      throw new SafepointError('StoreFailed', `store ${store.name}: down`);
    },
  });
}

/** Lists, but takes nothing. */
function full(store: ObjectStore): ObjectStore {
  return changed(store, {
    putObject: () => Promise.reject(new SafepointError('StoreFailed', `store ${store.name}: full`)),
  });
}

function recordRestored(stores: ObjectStore[]): Promise<void> {
  const info: Partial<RestoreInfo> = {
    plan: { ...SET, findings: [] } as Partial<RestoreInfo['plan']> as RestoreInfo['plan'],
    ...{ startedAt: '2026-11-26T00:00:00Z', step: 'prove', steps: [], hooks: [], indices: [], proof: PROOF },
  };
  return runActivity(() => recordTrial(stores, info as RestoreInfo, {}));
}

function recordDrilled(stores: ObjectStore[]): Promise<void> {
  const plan: Partial<DrillInfo['plan']> = { ...SET, level: 'stored', startedAt: '2026-11-26T00:00:00Z' };
  const info = { plan: plan as DrillInfo['plan'], indices: [], proof: PROOF };
  const store = (name: string) => stores.find((each) => each.name === name) ?? deps.store(name);
  return runActivity(() => createDrillActivities({ ...deps, store }).recordDrill(info));
}

/** Names of the records beside the set. */
async function records(store: ObjectStore): Promise<string[]> {
  const names: string[] = [];
  for await (const { key } of store.list(`${CLUSTER}/${ID}/`)) names.push(path.posix.basename(key));
  return names.filter((name) => /^(restore|drill)\./.test(name));
}

describe.each([
  ['restore', recordRestored],
  ['drill', recordDrilled],
])('activities: the record of a %s', (kind, record) => {
  const ofTrial = [expect.stringMatching(new RegExp(`^${kind}\\..*\\.ok\\.json$`))];

  it('lies in every store that has the set', async () => {
    await record([main, offsite]);

    expect(await records(main)).toEqual(ofTrial);
    expect(await records(offsite)).toEqual(ofTrial);
  });

  it.each([
    ['is down', down],
    ['is full', full],
  ])('lies in the other store when the one that leads %s', async (_, broken) => {
    await record([broken(main), offsite]);

    expect(await records(main)).toEqual([]);
    expect(await records(offsite)).toEqual(ofTrial);
  });

  it('fails when no store took it, and says what each says', async () => {
    await expect(record([down(main), full(offsite)])).rejects.toMatchObject({
      code: 'StoreFailed',
      message: expect.stringMatching(/^no store has taken .*: store main: down; store offsite: full$/),
    });
  });

  it('fails when the only store that has the set failed', async () => {
    for await (const { key } of offsite.list('')) await offsite.remove(key);

    await expect(record([down(main), offsite])).rejects.toMatchObject({ message: 'store main: down' });

    expect(await records(offsite)).toEqual([]);
  });
});

describe('activities: the record of a trial', () => {
  it('does not wait for a store that hangs', async () => {
    const hanging = changed(main, { putObject: () => new Promise(() => undefined) });
    const trial = { cluster: CLUSTER, backupId: ID, name: 'restore.1.json', record: {} };

    await runActivity(() => leaveTrialRecord([hanging, offsite], trial, { limitMs: 200 }));

    expect(await records(offsite)).toEqual(['restore.1.json']);
  });
});
