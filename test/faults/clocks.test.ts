import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { BackupResult } from '../../src/contract/backup.ts';
import { Manifest } from '../../src/contract/manifest.ts';
import { INTENT, setKey } from '../../src/domain/setKeys.ts';
import { createClock, type WorkerClock } from './clocks/clock.ts';
import type { ClusterUnderTest } from './cluster.ts';
import { expectNothingLeft } from './expectNothingLeft.ts';
import { startInstallation, type Installation } from './installation.ts';
import { endOf } from './runs.ts';
import { until } from './until.ts';
import type { WorkerProcess } from './workerProcess.ts';

const DAY_MS = 24 * 60 * 60_000;
const FAR = [
  { off: 'a day ahead', byMs: DAY_MS },
  { off: 'a day behind', byMs: -DAY_MS },
];
const COMPLETE = { status: 'COMPLETED', result: { verdict: 'complete', cut: 'proven', reasons: [] } };

let dir: string;
let installation: Installation;
let clock: WorkerClock;
let worker: WorkerProcess;
beforeAll(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'safepoint-clocks-'));
  installation = await startInstallation({ clusters: { demo: {}, old: { profile: '8.6' } } });
  clock = createClock(dir, 'first');
  worker = await installation.startWorker(clock.env);
}, 120_000);
afterAll(async () => {
  await installation.stop();
  rmSync(dir, { recursive: true });
}, 60_000);

async function readManifest({ manifest: { key } }: BackupResult): Promise<Manifest> {
  return Manifest.parse(JSON.parse((await installation.openStore().getObject(key)) ?? ''));
}

/** Spans must be those that passed, whatever the clocks said. */
async function expectTrueSpans(result: BackupResult | undefined, realMs: number): Promise<void> {
  if (result === undefined) throw new Error('the run has no result');
  const { window, parts } = await readManifest(result);
  const spans = [result.windowMs, window.tookMs, ...[...result.parts, ...parts].map(({ tookMs }) => tookMs)];
  expect(Math.min(...spans)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...spans)).toBeLessThan(realMs);
  expect(result.windowMs).toBeGreaterThan(500); // the parts alone take that
}

const zeebeRuns = ({ simulator }: ClusterUnderTest) =>
  until('zeebe is at work', () => simulator.triggerCount('zeebe') === 1);

describe('faults/clocks: of the worker', () => {
  it.each(FAR)(
    '$off at the start: the run is refused with the reason, and Camunda is not touched',
    async ({ byMs }) => {
      const cluster = await installation.freshCluster();
      clock.shift(byMs);

      const end = await endOf(await installation.startBackup());
      clock.shift(0);

      expect(end).toMatchObject({ status: 'FAILED', code: 'PreflightFailed' });
      expect(end.message).toMatch(/clocks\.skew: the clock of \w+ is \d+ s (behind|ahead of) ours/);
      expect(
        cluster.simulator.requests.filter(
          ({ method, component }) => method !== 'GET' && component !== 'searchEngine',
        ),
      ).toEqual([]);
      await expectNothingLeft(installation, { triggers: 0 });
    },
  );

  it.each(FAR)('set $off in mid-window: the set is complete, its spans are true', async ({ byMs }) => {
    const cluster = await installation.freshCluster({ partMs: 700 });
    const startedMs = performance.now();
    const handle = await installation.startBackup();
    await zeebeRuns(cluster);

    clock.shift(byMs);
    const end = await endOf(handle);
    clock.shift(0);

    expect(end).toMatchObject(COMPLETE);
    await expectTrueSpans(end.result, performance.now() - startedMs);
    await expectNothingLeft(installation);
  });

  it.each(FAR)(
    'one that is $off takes over in mid-window: complete, spans true, the next id greater',
    async ({ byMs }) => {
      const cluster = await installation.freshCluster({ partMs: 700 });
      const startedMs = performance.now();
      const handle = await installation.startBackup();
      await zeebeRuns(cluster);

      await worker.kill();
      worker = await installation.startWorker(createClock(dir, `after ${worker.name}`, byMs).env);
      const end = await endOf(handle);
      await worker.kill();
      clock = createClock(dir, `after ${worker.name}`);
      worker = await installation.startWorker(clock.env);
      const next = await endOf(await installation.startBackup());

      expect(end).toMatchObject(COMPLETE);
      expect(next).toMatchObject(COMPLETE);
      expect(Number(next.result?.backupId)).toBeGreaterThan(Number(end.result?.backupId));
      await expectTrueSpans(end.result, performance.now() - startedMs);
      await expectNothingLeft(installation, { triggers: 2 });
    },
    90_000,
  );
});

describe('faults/clocks: of Camunda', () => {
  it('a day ahead: the run is refused and names the component', async () => {
    const { simulator } = await installation.freshCluster();
    simulator.faults.add({ state: 'clockSkew', component: 'optimize', byMs: DAY_MS });

    const end = await endOf(await installation.startBackup());

    expect(end).toMatchObject({
      code: 'PreflightFailed',
      message: expect.stringMatching(/the clock of optimize is 86(399|400) s ahead of ours/),
    });
    await expectNothingLeft(installation, { triggers: 0 });
  });

  it('30 s ahead: the set is complete, with a warning in its manifest', async () => {
    const { simulator } = await installation.freshCluster();
    simulator.faults.add({ state: 'clockSkew', component: 'zeebe', byMs: 30_000 });

    const end = await endOf(await installation.startBackup());

    expect(end).toMatchObject(COMPLETE);
    const { findings } = await readManifest(end.result as BackupResult);
    expect(findings).toContainEqual(
      expect.objectContaining({ check: 'clocks.skew', ok: false, severity: 'warning' }),
    );
    await expectNothingLeft(installation);
  });

  it('search engine a day ahead: nobody reads its clock, the set is complete', async () => {
    const { simulator } = await installation.freshCluster();
    simulator.faults.add({ state: 'clockSkew', component: 'searchEngine', byMs: DAY_MS });

    expect(await endOf(await installation.startBackup())).toMatchObject(COMPLETE);
    await expectNothingLeft(installation);
  });
});

describe('faults/clocks: ids that others or a wrong clock left', () => {
  const inSeconds = (byMs: number) => Math.floor((Date.now() + byMs) / 1000);
  const foreign = [
    { kind: 'of the day after tomorrow', id: inSeconds(2 * DAY_MS) },
    { kind: 'in unix milliseconds', id: Date.now() },
    { kind: 'of the form yyyymmddhhmmss', id: 20991231235959 },
  ];

  it.each(foreign)('$kind in a part: the next ones are greater, and the set is complete', async ({ id }) => {
    const { simulator } = await installation.freshCluster();
    await trigger(`${simulator.urls.zeebe}/actuator/backupRuntime`, id);

    const [first, second] = [
      await endOf(await installation.startBackup()),
      await endOf(await installation.startBackup()),
    ];

    expect(first).toMatchObject(COMPLETE);
    expect(second).toMatchObject(COMPLETE);
    expect(Number(first.result?.backupId)).toBeGreaterThan(id);
    expect(Number(second.result?.backupId)).toBeGreaterThan(Number(first.result?.backupId));
    await expectNothingLeft(installation, { triggers: { zeebe: 3, webapps: 2, optimize: 2 } });
  });

  it('far in the future in the store alone: the next one is greater', async () => {
    await installation.freshCluster();
    const id = '30001231235959';
    await installation.openStore().putObject(setKey('demo', id, INTENT), '{}');

    const end = await endOf(await installation.startBackup());

    expect(end).toMatchObject({ ...COMPLETE, result: { backupId: '30001231235960' } });
    await expectNothingLeft(installation);
  });

  it('beyond 32 bits on 8.6: refused with the reason, for Operate would take none greater', async () => {
    const { simulator } = await installation.freshCluster({ cluster: 'old' });
    await trigger(`${simulator.urls.zeebe}/actuator/backups`, Date.now());

    const end = await endOf(await installation.startBackup({ cluster: 'old' }));

    expect(end).toMatchObject({ status: 'FAILED', code: 'BackupIdRefused' });
    expect(end.message).toContain('2147483647');
    await expectNothingLeft(installation, { cluster: 'old' });
  });
});

async function trigger(url: string, backupId: number): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ backupId }),
  });
  expect(answer.ok).toBe(true);
}
