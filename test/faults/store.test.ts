import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FAILURE, INTENT, MANIFEST, PAUSE, RESUME } from '../../src/domain/setKeys.ts';
import type { WorkerProcess } from './workerProcess.ts';
import { expectNothingLeft } from './expectNothingLeft.ts';
import type { Installation } from './installation.ts';
import type { S3Gate } from './s3Gate.ts';
import { corrupt, lose, loseBeforeSeal, failsAfterLostPause, whilePaused } from './storeDamage.ts';
import { DUMP, keysOf, runAll, startStoreInstallation, type Broken, type StoreCase } from './storeRuns.ts';

type Fault = NonNullable<StoreCase['faults']>[number];
const named = <T extends Omit<StoreCase, 'cluster'>>(prefix: string, cases: readonly T[]) =>
  cases.map((each, index) => ({ ...each, cluster: `${prefix}${index}` }));
const isOfMultipart = ({ on }: Fault) => on.includes('Multipart') || on === 'UploadPart';
/** More than the client of the store tries by itself. */
const OFTEN = 6;

const survived = named('survived', [
  ...(
    [
      ['the intent cannot be written', { on: 'PutObject', object: INTENT, does: 'cut', times: OFTEN }],
      ['the answer to the intent is lost', { on: 'PutObject', object: INTENT, does: 'loseAnswer', times: 1 }],
      [
        'the record of the pause cannot be written',
        { on: 'PutObject', object: PAUSE, does: 'cut', times: OFTEN },
      ],
      [
        'the answer to the record of the pause is lost',
        { on: 'PutObject', object: PAUSE, does: 'loseAnswer', times: 1 },
      ],
      [
        'the record of the pause is answered 200 and not stored',
        { on: 'PutObject', object: PAUSE, does: 'lie', times: 2 },
      ],
      ['the upload of the dump cannot begin', { on: 'CreateMultipartUpload', does: 'busy', times: OFTEN }],
      ['a part of the dump is cut off', { on: 'UploadPart', does: 'cut', times: OFTEN }],
      ['the parts of the dump meet 503', { on: 'UploadPart', does: 'busy', times: 20 }],
      [
        'the upload of the dump cannot be completed',
        { on: 'CompleteMultipartUpload', does: 'cut', times: OFTEN },
      ],
      [
        'the answer to the completion is lost',
        { on: 'CompleteMultipartUpload', does: 'loseAnswer', times: OFTEN },
      ],
      ['the dump cannot be read back', { on: 'GetObject', object: DUMP, does: 'cut', times: OFTEN }],
      ['the manifest cannot be written', { on: 'PutObject', object: MANIFEST, does: 'cut', times: OFTEN }],
      [
        'the answer to the manifest is lost',
        { on: 'PutObject', object: MANIFEST, does: 'loseAnswer', times: 1 },
      ],
      [
        'the manifest is answered 200 and not stored',
        { on: 'PutObject', object: MANIFEST, does: 'lie', times: 2 },
      ],
      ['the record of the resume cannot be written', { on: 'PutObject', object: RESUME, does: 'cut' }],
      ['every answer takes 400 ms', { on: '*', does: 400 }],
    ] satisfies [string, Fault][]
  ).map(([at, fault]) => ({ at, faults: [fault], multipart: isOfMultipart(fault) })),
  {
    at: 'intent and record of the pause vanish while exporting is paused',
    during: whilePaused(lose(INTENT, PAUSE)),
  },
  {
    at: 'the store answers 503 to everything for 5 s while exporting is paused',
    during: whilePaused(async ({ cluster, gate }) => {
      const storm = gate.add({ cluster: cluster.name, on: '*', does: 'busy' });
      await sleep(5_000);
      storm.remove();
    }),
  },
]);

const refused = named('refused', [
  { at: 'is down', faults: [{ on: '*', does: 'cut' }] },
  { at: 'answers 403', faults: [{ on: '*', does: 'deny' }] },
  { at: 'answers 503', faults: [{ on: '*', does: 'busy' }] },
  { at: 'answers 200 and stores nothing', faults: [{ on: 'PutObject', does: 'lie' }] },
] satisfies Omit<StoreCase, 'cluster'>[]);

const BUDGET = '45 s';
/** The budget may end in the middle of an attempt: then no reason of that attempt is known, and the step gives the code. */
const midway = (known: string, unknown: string) =>
  expect.stringMatching(new RegExp(`^(${known}|${unknown})$`)) as unknown as string;
const failed = named('failed', [
  {
    at: 'the intent is refused with 403',
    code: 'AccessDenied',
    triggers: 0,
    fault: { on: 'PutObject', object: INTENT, does: 'deny' },
  },
  {
    at: 'the record of the pause is refused with 403',
    code: 'AccessDenied',
    triggers: 0,
    fault: { on: 'PutObject', object: PAUSE, does: 'deny' },
  },
  {
    at: 'no part of the dump comes through',
    code: midway('StoreFailed', 'DumpFailed'),
    triggers: 1,
    fault: { on: 'UploadPart', does: 'cut' },
  },
  {
    at: 'a part of the dump is refused with 403',
    code: 'AccessDenied',
    triggers: 1,
    fault: { on: 'UploadPart', does: 'deny' },
  },
  {
    at: 'the upload of the dump can never be completed',
    code: 'StoreFailed',
    triggers: 1,
    fault: { on: 'CompleteMultipartUpload', does: 'cut' },
  },
  {
    at: 'each completion is answered 200 and never carried out',
    code: 'SetFailed',
    triggers: 2,
    fault: { on: 'CompleteMultipartUpload', does: 'lie' },
  },
  {
    at: 'the manifest is refused with 403',
    code: 'AccessDenied',
    triggers: 1,
    fault: { on: 'PutObject', object: MANIFEST, does: 'deny' },
  },
  {
    at: 'the manifest can never be written',
    code: 'StoreFailed',
    triggers: 1,
    fault: { on: 'PutObject', object: MANIFEST, does: 'cut' },
  },
  {
    at: 'the manifest is answered 200 and never stored',
    code: midway('StoreFailed', 'InternalError'),
    triggers: 1,
    fault: { on: 'PutObject', object: MANIFEST, does: 'lie' },
  },
] satisfies { at: string; code: string; triggers: number; fault: Fault }[]).map((each) => ({
  ...each,
  faults: [each.fault, { on: 'PutObject', object: FAILURE, does: 'cut', times: OFTEN }] satisfies Fault[],
  budget: BUDGET,
  multipart: isOfMultipart(each.fault),
}));

const damaged = named('damaged', [
  { at: 'is gone', during: loseBeforeSeal(lose(DUMP)) },
  {
    at: 'has a flipped byte',
    during: loseBeforeSeal(corrupt((bytes) => bytes.writeUInt8(bytes.readUInt8(10_000) ^ 1, 10_000))),
  },
  { at: 'lacks its last byte', during: loseBeforeSeal(corrupt((bytes) => bytes.subarray(0, -1))) },
  {
    at: 'has a byte too many',
    during: loseBeforeSeal(corrupt((bytes) => Buffer.concat([bytes, Buffer.alloc(1)]))),
  },
]);

const later = named('later', [
  { at: 'the answer to the pause is lost, and then the store answers 403', during: failsAfterLostPause },
]);

const cases: StoreCase[] = [...survived, ...refused, ...failed, ...damaged, ...later];
let installation: Installation;
let gate: S3Gate;
let worker: WorkerProcess;
let broken: Map<string, Promise<Broken>>;
const folder = mkdtempSync(path.join(tmpdir(), 'safepoint-programs-'));
beforeAll(async () => {
  ({ installation, gate } = await startStoreInstallation(folder, cases));
  worker = await installation.startWorker({ FAULTS_PASSWORD: 'none' });
  broken = await runAll(installation, gate, cases);
  await sleep(10_000); // connections that are kept alive end by themselves
}, 400_000);
afterAll(async () => {
  await installation.stop();
  await gate.stop();
  rmSync(folder, { recursive: true });
}, 60_000);

async function outcomeOf(cluster: string): Promise<Broken> {
  const found = await broken.get(cluster);
  if (found === undefined) throw new Error(`${cluster} did not run`);
  return found;
}

/** So many runs at once leave their workflows in the cache of the worker, and buffers of uploads to the next collection. */
const SPARE = { handles: 15, memoryMb: 250 };

const COMPLETE = { status: 'COMPLETED', result: { verdict: 'complete', reasons: [] } };

describe('faults/store: the worker, after all of these runs at once', () => {
  it('has given back its connections and most of its memory', async () => {
    const { handles, memoryMb } = worker.footprint();

    expect(handles - worker.idle.handles).toBeLessThanOrEqual(SPARE.handles);
    expect(memoryMb - worker.idle.memoryMb).toBeLessThanOrEqual(SPARE.memoryMb);
    await worker.kill(); // it is no measure for the single runs below
  });
});

describe('faults/store: S3, for a while', () => {
  it.each(survived)('$at: the backup ends complete, nothing is triggered twice', async ({ cluster }) => {
    const { end, hits } = await outcomeOf(cluster);

    expect(end).toMatchObject(COMPLETE);
    expect(hits.every((each) => each > 0)).toBe(true);
    expect(await expectNothingLeft(installation, { cluster })).toHaveLength(1);
    expect((await keysOf(installation, cluster)).uploads).toEqual([]);
  });
});

describe('faults/store: S3 before the run', () => {
  it.each(refused)('$at: preflight says so, and nothing is touched', async ({ cluster }) => {
    const { end } = await outcomeOf(cluster);

    expect(end).toMatchObject({ status: 'FAILED', code: 'PreflightFailed' });
    expect(end.message).toContain('store.writable: ');
    const { requests } = installation.cluster(cluster).simulator;
    const writes = requests.filter(
      ({ method, path: url }) => method !== 'GET' && !/_verify|_search|_refresh/.test(url),
    );
    expect(writes).toEqual([]);
    expect(await keysOf(installation, cluster)).toEqual({ objects: [], uploads: [] });
  });
});

describe('faults/store: S3, for good', () => {
  it.each(failed)(
    '$at: the run ends as $code, with no half object, no upload and a note of the failure',
    async ({ cluster, code, triggers }) => {
      const { end, hits } = await outcomeOf(cluster);

      expect(end).toMatchObject({ status: 'FAILED', code });
      expect(hits[0]).toBeGreaterThan(0);
      const sets = await expectNothingLeft(installation, { cluster, triggers: Math.max(1, triggers) });
      // A dump that is refused at once may end the run before the first part is triggered.
      expect(installation.cluster(cluster).simulator.triggerCount('zeebe')).toBeLessThanOrEqual(triggers);
      expect(sets.map(({ entry }) => entry.state)).not.toContain('complete');
      const { objects, uploads } = await keysOf(installation, cluster);
      expect(objects.filter((key) => key.endsWith(DUMP))).toEqual([]);
      expect(uploads).toEqual([]);
    },
  );
});

describe('faults/store: what lies in S3 between dump and seal', () => {
  it.each(damaged)(
    'the dump $at: its set ends as SetFailed, and the next one complete',
    async ({ cluster }) => {
      const { end } = await outcomeOf(cluster);

      expect(end).toMatchObject({ ...COMPLETE, result: { failedSets: [{ code: 'SetFailed' }] } });
      const sets = await expectNothingLeft(installation, { cluster, triggers: 2 });
      expect(sets.map(({ entry }) => entry.state)).toEqual(['complete', 'failed']);
    },
  );
});

describe('faults/store: S3 at the worst moment', () => {
  it.each(later)('$at: exporting runs again, and the run is over', async ({ cluster }) => {
    const { end } = await outcomeOf(cluster);

    expect(end).toMatchObject({ status: 'FAILED' });
    await expectNothingLeft(installation, { cluster });
  });
});
