import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { callJsonOk } from '../../sandbox/stack/http.ts';
import { findMissing } from '../../sandbox/stack/pieces.ts';
import { isFull } from './extent.ts';
import { startRealInstallation, type RealInstallation } from './realInstallation.ts';
import {
  endOfReal,
  expectComplete,
  expectNothingStuck,
  startReady,
  timeUntilExporting,
  untilAtWork,
  untilPaused,
  untilSetLost,
} from './realRuns.ts';
import { until } from './until.ts';

/** On a busy machine a process of Camunda takes minutes to start. */
const START_MS = 900_000;
const CASE_MS = 900_000;

const missing = isFull ? await findMissing() : [];
const why = missing.map(({ piece, why: reason, install }) => `${piece}: ${reason} Remedy: ${install}`);
const reason = isFull ? why.join('; ') : 'npm run faults';
const title = 'faults/realCamunda: a real 8.6.0 under load';
const describeReal = reason === '' ? describe : describe.skip;

describeReal(reason === '' ? title : `${title} [${reason}]`, () => {
  let starting: Promise<RealInstallation>;
  let at: RealInstallation;
  beforeAll(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    starting = startRealInstallation();
    at = await starting;
  }, START_MS);
  afterAll(async () => {
    const started = await starting.catch(() => undefined); // also one that came up after beforeAll had given up
    await started?.stop();
  }, START_MS);
  afterEach(async () => {
    at.zeebeS3.heal();
    await expectNothingStuck(at);
  }, CASE_MS);

  const repository = () => {
    const { url, repository: name, repositoryDir } = at.openSearch;
    const path = `${url}/_snapshot/${name}`;
    const body = { type: 'fs', settings: { location: repositoryDir } };
    return { register: () => callJsonOk('PUT', path, body), remove: () => callJsonOk('DELETE', path) };
  };
  const setCluster = (settings: Record<string, unknown>) =>
    callJsonOk('PUT', `${at.openSearch.url}/_cluster/settings`, { transient: settings });

  it(
    'the worker is killed while exporting is paused, and another one is started: complete',
    async () => {
      const handle = await startReady(at);
      await untilAtWork(at, handle, 'zeebe');

      await at.worker().kill();
      await at.startWorker();

      expectComplete(await endOfReal(handle));
    },
    CASE_MS,
  );

  it(
    'both workflows are terminated while Operate is at work: exporting runs within 5 s, and the next run is complete',
    async () => {
      const handle = await startReady(at);
      await untilAtWork(at, handle, 'operate');
      const terminatedMs = performance.now();

      await Promise.all([handle.terminate('by hand'), at.window().terminate('by hand')]);
      const tookMs = await timeUntilExporting(at, terminatedMs);

      expect(tookMs).toBeLessThan(5_000);
      expectComplete(await endOfReal(await startReady(at)));
    },
    CASE_MS,
  );

  it(
    'a complete set is deleted: each part is gone within 30 s of the answer',
    async () => {
      const end = await endOfReal(await startReady(at));
      const backupId = String(end.result?.backupId);

      for (const part of ['zeebe', 'operate', 'tasklist', 'zeebe-records'] as const) {
        await at.client.deleteBackup(part, backupId);
        const isGone = async () => (await at.client.getBackup(part, backupId)).kind === 'absent';
        await until(`${part} is gone`, isGone, 30_000);
      }

      expectComplete(end);
    },
    CASE_MS,
  );

  it(
    'a Zeebe backup in progress is deleted: it is gone, comes back as FAILED when its upload ends, and goes for good',
    async () => {
      const backupId = String(Math.floor(Date.now() / 1000));
      const look = () => at.client.getBackup('zeebe', backupId);
      const kind = async () => (await look()).kind;
      const failedOnes = async () =>
        (await look()).pieces.filter(({ foreignState }) => foreignState === 'FAILED').length;
      at.zeebeS3.suffer({ delayMs: 400 });
      await at.client.startBackup('zeebe', backupId);
      await until('it is in progress', async () => (await kind()) === 'running', 60_000);

      await at.client.deleteBackup('zeebe', backupId);
      const afterDelete = await kind();
      at.zeebeS3.heal();
      await until('both partitions come back', async () => (await failedOnes()) === 2, 120_000);
      await at.client.deleteBackup('zeebe', backupId);

      expect(afterDelete).toBe('absent');
      await until('it is gone', async () => (await kind()) === 'absent', 30_000);
    },
    CASE_MS,
  );

  it(
    "Zeebe's backup store is down at the trigger: the set is lost by stall, and the next one is complete",
    async () => {
      const handle = await startReady(at);
      await untilPaused(at);
      at.zeebeS3.suffer({ refuse: true });
      at.zeebeS3.cut();

      await untilSetLost(handle);
      at.zeebeS3.heal();

      expectComplete(await endOfReal(handle), { atLeast: 1, codes: ['PartStalled'] });
    },
    CASE_MS,
  );

  it(
    'the broker is killed in the middle of its backup and comes back: the set is lost, and the next one is complete',
    async () => {
      at.zeebeS3.suffer({ delayMs: 400 });
      const handle = await startReady(at);
      await untilAtWork(at, handle, 'zeebe');

      await at.camunda.broker.kill('SIGKILL');
      at.zeebeS3.heal();
      await at.camunda.broker.start();

      expectComplete(await endOfReal(handle), { atLeast: 1, codes: ['PartStalled', 'PartFailed'] });
    },
    CASE_MS,
  );

  it(
    'Operate is killed between its snapshots and comes back: the set is lost by stall, and the next one is complete',
    async () => {
      const handle = await startReady(at);
      await untilAtWork(at, handle, 'operate');

      await at.camunda.operate.kill('SIGKILL');
      await at.camunda.operate.start();

      expectComplete(await endOfReal(handle), { atLeast: 1, codes: ['PartStalled', 'PartFailed'] });
    },
    CASE_MS,
  );

  it(
    'OpenSearch is killed while exporting is paused and comes back: the run ends complete',
    async () => {
      const handle = await startReady(at);
      await untilAtWork(at, handle, 'operate');

      await at.restartOpenSearch();

      const codes = ['PartStalled', 'PartFailed', 'SnapshotFailed', 'SetFailed'];
      expectComplete(await endOfReal(handle), { codes });
    },
    CASE_MS,
  );

  it(
    'the snapshot repository is not registered: preflight says so',
    async () => {
      await repository().remove();

      const end = await endOfReal(await at.startBackup()).finally(() => repository().register());

      expect(end).toMatchObject({ status: 'FAILED', code: 'PreflightFailed' });
      expect(end.message).toContain('\nrepository.registered: ');
    },
    CASE_MS,
  );

  it(
    'the snapshot repository is removed while exporting is paused and comes back: the run ends complete',
    async () => {
      const handle = await startReady(at);
      await untilPaused(at);
      await repository().remove();

      await untilSetLost(handle).finally(() => repository().register());

      const codes = ['PartRefused', 'PartFailed', 'PartStalled', 'SnapshotFailed'];
      expectComplete(await endOfReal(handle), { atLeast: 1, codes });
    },
    CASE_MS,
  );

  it(
    'OpenSearch is read-only while exporting is paused: it still takes snapshots, and the run ends complete',
    async () => {
      const handle = await startReady(at);
      await untilPaused(at);

      await setCluster({ 'cluster.blocks.read_only': true });
      const end = await endOfReal(handle).finally(() => setCluster({ 'cluster.blocks.read_only': null }));

      expectComplete(end);
    },
    CASE_MS,
  );

  it(
    'OpenSearch is over its flood stage while exporting is paused: it still takes snapshots, and the run ends complete',
    async () => {
      const disk = 'cluster.routing.allocation.disk';
      const marks = { low: '1%', high: '2%', flood_stage: '3%' };
      const names = Object.entries(marks).map(([name, mark]) => [`${disk}.watermark.${name}`, mark]);
      const handle = await startReady(at);
      await untilPaused(at);

      const flooded = { ...(Object.fromEntries(names) as object), [`${disk}.threshold_enabled`]: true };
      await setCluster(flooded);
      await sleep(1_000);
      const end = await endOfReal(handle).finally(async () => {
        await setCluster(Object.fromEntries(Object.keys(flooded).map((name) => [name, null])));
        const unblock = { 'index.blocks.read_only_allow_delete': null };
        await callJsonOk('PUT', `${at.openSearch.url}/_all/_settings`, unblock);
      });

      expectComplete(end);
    },
    CASE_MS,
  );
});
