import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Fault, FaultHandle } from '../../sandbox/simulator/faults/faults.ts';
import type { FaultAnswer } from '../../sandbox/simulator/faults/wireFault.ts';
import { Manifest } from '../../src/contract/manifest.ts';
import { expectComplete, expectSound } from './expectSound.ts';
import { startRig, type Rig, type RigCluster } from './rig.ts';
import { endOf, type RunEnd } from './runs.ts';
import { until } from './until.ts';

const TIMEOUT_MS = 180_000;

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
}, 120_000);
afterAll(() => rig.stop(), 60_000);

/** As Elasticsearch and OpenSearch say it. */
function refusal(status: number, type: string, reason: string): FaultAnswer {
  return { status, json: { error: { type, reason, root_cause: [{ type, reason }] }, status } };
}
const tooMany = refusal(429, 'circuit_breaking_exception', '[parent] Data too large');
const noMaster = refusal(503, 'master_not_discovered_exception', 'no master');
const readOnly = refusal(
  403,
  'cluster_block_exception',
  'index [operate] blocked by: [FORBIDDEN/12/index read-only / allow delete (api)];',
);
const concurrent = refusal(
  503,
  'concurrent_snapshot_execution_exception',
  '[camunda:other] a snapshot is already running',
);
const SNAPSHOTS = 'GET searchEngine /_snapshot/camunda/camunda_webapps_*';

describe('faults/searchEngine: before the run', () => {
  const cases: { at: string; fault: Fault; check: string }[] = [
    { at: 'is down', fault: { state: 'searchEngineDown' }, check: 'searchEngine.health' },
    {
      at: 'answers 429 to everything',
      fault: { on: '* searchEngine *', answer: tooMany },
      check: 'searchEngine.health',
    },
    {
      at: 'answers 503 to everything',
      fault: { on: '* searchEngine *', answer: noMaster },
      check: 'searchEngine.health',
    },
    { at: 'is red', fault: { state: 'searchEngineStatus', status: 'red' }, check: 'searchEngine.health' },
    {
      at: 'has 96 % of its disk used',
      fault: { state: 'diskUsed', percent: 96 },
      check: 'searchEngine.disk',
    },
    { at: 'has no repository', fault: { state: 'repositoryMissing' }, check: 'repository.registered' },
    { at: 'cannot write its repository', fault: { state: 'repositoryBroken' }, check: 'repository.verify' },
    {
      at: 'takes a snapshot of somebody else',
      fault: { state: 'snapshotRunning', name: 'nightly' },
      check: 'repository.idle',
    },
  ];

  it.concurrent.each(cases)(
    '$at: preflight says so, and nothing is touched',
    async ({ fault, check }) => {
      const cluster = await rig.open();
      cluster.simulator.faults.add(fault);

      const end = await cluster.run();

      expect(end).toMatchObject({ status: 'FAILED', code: 'PreflightFailed' });
      expect(end.message).toContain(`\n${check}: `);
      cluster.simulator.faults.clear();
      expect(await expectSound(cluster, { triggers: 0 })).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it.concurrent(
    'has 91 % of its disk used: the backup is complete and keeps the warning',
    async () => {
      const cluster = await rig.open();
      cluster.simulator.faults.add({ state: 'diskUsed', percent: 91 });

      const end = await cluster.run();

      expectComplete(end);
      expect((await readManifest(cluster, end)).findings).toContainEqual(
        expect.objectContaining({ check: 'searchEngine.disk', ok: false, severity: 'warning' }),
      );
      await expectSound(cluster);
    },
    TIMEOUT_MS,
  );
});

describe('faults/searchEngine: for 4 s', () => {
  const faults: { at: string; fault: Fault }[] = [
    { at: 'is down', fault: { state: 'searchEngineDown' } },
    { at: 'answers 429', fault: { on: '* searchEngine *', answer: tooMany } },
    { at: 'answers 503', fault: { on: '* searchEngine *', answer: noMaster } },
    {
      at: 'refuses snapshots beside that of somebody else',
      fault: { on: 'PUT searchEngine snapshot', answer: concurrent },
    },
  ];
  const moments = [
    { when: 'as soon as exporting is paused', reach: untilPaused, profile: '8.8' as const },
    { when: 'as soon as exporting is paused', reach: untilPaused, profile: '8.6' as const },
    { when: 'when the set is verified', reach: untilSealing, profile: '8.8' as const },
  ];
  const cases = moments.flatMap((moment) =>
    faults
      .filter(({ at }) => moment.reach !== untilSealing || !at.startsWith('refuses'))
      .map((fault) => ({ ...moment, ...fault })),
  );

  it.concurrent.each(cases)(
    '$at $when ($profile): the backup is complete, a little later, and nothing is triggered twice',
    async ({ reach, fault, profile }) => {
      const cluster = await rig.open({ simulator: { profile } });
      const reached = reach(cluster);
      const handle = await cluster.start();
      const { release } = await reached;

      const armed = cluster.simulator.faults.add(fault);
      release();
      await sleep(4_000);
      armed.remove();
      const end = await endOf(handle);

      expectComplete(end);
      expect(await expectSound(cluster)).toHaveLength(1);
    },
    TIMEOUT_MS,
  );
});

describe('faults/searchEngine: for good', () => {
  const settings = { budgets: { stall: '3 s', preflight: '15 s', seal: '8 s' } };
  const cases: { at: string; fault: Fault; code: string; reach: typeof untilPaused; triggers: number }[] = [
    {
      at: 'is down from the pause on',
      fault: { state: 'searchEngineDown' },
      code: 'PreflightFailed', // of the second set
      reach: untilPaused,
      triggers: 1,
    },
    {
      at: 'loses its repository during the pause',
      fault: { state: 'repositoryMissing' },
      code: 'PreflightFailed',
      reach: untilPaused,
      triggers: 1,
    },
    {
      at: 'refuses each snapshot as read-only',
      fault: { on: 'PUT searchEngine snapshot', answer: readOnly },
      code: 'AccessDenied',
      reach: untilPaused,
      triggers: 1,
    },
    {
      at: 'refuses each snapshot beside that of somebody else',
      fault: { on: 'PUT searchEngine snapshot', answer: concurrent },
      code: 'PartStalled',
      reach: untilPaused,
      triggers: 2,
    },
    {
      at: 'is down from the verification on',
      fault: { state: 'searchEngineDown' },
      code: 'EndpointUnreachable',
      reach: untilSealing,
      triggers: 1,
    },
  ];

  it.concurrent.each(cases)(
    '$at: the run ends as $code, exporting runs, and there is no backup',
    async ({ fault, code, reach, triggers }) => {
      const cluster = await rig.open({ settings });
      const reached = reach(cluster);
      const handle = await cluster.start();
      const { release } = await reached;

      cluster.simulator.faults.add(fault);
      release();
      const end = await endOf(handle);
      const phases = cluster.phases();
      const strangers = leftovers(cluster); // what could not be removed while the search engine was away
      cluster.simulator.faults.clear();

      expect({ status: end.status, code: end.code, message: end.message }).toMatchObject({
        status: 'FAILED',
        code,
      });
      expect(phases).toEqual(['EXPORTING', 'EXPORTING']);
      const sets = await expectSound(cluster, { triggers, strangers });
      expect(sets.map(({ state }) => state)).toEqual(Array.from({ length: triggers }, () => 'failed'));
    },
    TIMEOUT_MS,
  );

  it.concurrent(
    'loses a snapshot before the verification: SetFailed, and the next set is complete',
    async () => {
      const cluster = await rig.open();
      const reached = untilSealing(cluster);
      const handle = await cluster.start();
      const { release } = await reached;
      const [name] = cluster.simulator.snapshotNames().filter((each) => each.includes('webapps'));

      await fetch(`${cluster.simulator.urls.searchEngine}/_snapshot/camunda/${String(name)}`, {
        method: 'DELETE',
      });
      release();
      const end = await endOf(handle);

      expectComplete(end);
      expect(end.result?.failedSets).toMatchObject([{ code: 'SetFailed' }]);
      expect(await expectSound(cluster, { triggers: 2 })).toMatchObject([
        { state: 'failed' },
        { state: 'complete' },
      ]);
    },
    TIMEOUT_MS,
  );
});

async function readManifest({ store }: RigCluster, { result }: RunEnd): Promise<Manifest> {
  return Manifest.parse(JSON.parse(String(await store.getObject(String(result?.manifest.key)))));
}

type Reached = { release: () => void };

async function untilPaused({ phases }: RigCluster): Promise<Reached> {
  await until('exporting is paused', () => phases().every((phase) => phase !== 'EXPORTING'), 60_000);
  return { release: () => undefined };
}

/** Holds the verification at its first look at the snapshots. */
async function untilSealing({ simulator }: RigCluster): Promise<Reached> {
  const gate = Promise.withResolvers<undefined>();
  const held: FaultHandle = simulator.faults.add({ on: SNAPSHOTS, times: 1, hold: gate.promise });
  await until('the set is verified', () => held.hits() > 0, 60_000);
  return {
    release: () => {
      gate.resolve(undefined);
    },
  };
}

function leftovers({ simulator }: RigCluster): string[] {
  const parts = (['zeebe', 'webapps', 'optimize'] as const).flatMap((part) => simulator.backupIds(part));
  return [...new Set(parts.map(String)), ...simulator.snapshotNames()];
}
