import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FaultAnswer } from '../../sandbox/simulator/faults/wireFault.ts';
import type { StateFault } from '../../sandbox/simulator/faults/stateFault.ts';
import type { SimulatedPart } from '../../sandbox/simulator/options.ts';
import { expectComplete, expectSound } from './expectSound.ts';
import { isFull } from './extent.ts';
import { startRig, type Rig, type RigCluster } from './rig.ts';
import { endOf } from './runs.ts';
import { until } from './until.ts';

const TIMEOUT_MS = 180_000;
/** Well beyond the time that a part takes here, also on a busy machine. */
const settings = { budgets: { stall: '3 s' } };
const LOST = [{ state: 'failed' }, { state: 'complete' }];

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
}, 120_000);
afterAll(() => rig.stop(), 60_000);

type PartFault = { what: string; fault: StateFault };

const failing: PartFault[] = [
  ...(['zeebe', 'webapps', 'optimize', 'zeebe-records'] as const).map((part): PartFault => ({
    what: `${part} fails`,
    fault: { state: 'partFails', part },
  })),
  { what: 'zeebe fails on its first partition', fault: { state: 'partFails', part: 'zeebe', piece: 1 } },
  { what: 'a snapshot of webapps is PARTIAL', fault: { state: 'pieceNotWhole', part: 'webapps' } },
  {
    what: 'the snapshot of the records is PARTIAL',
    fault: { state: 'pieceNotWhole', part: 'zeebe-records' },
  },
  { what: 'webapps has a snapshot too many', fault: { state: 'pieceTooMany', part: 'webapps' } },
];

const stalling: PartFault[] = [
  ...(isFull ? (['zeebe', 'webapps', 'optimize'] as const) : (['zeebe', 'webapps'] as const)).flatMap(
    (part): PartFault[] => [
      { what: `${part} stays IN_PROGRESS`, fault: { state: 'partStays', part, word: 'IN_PROGRESS' } },
      { what: `${part} stays INCOMPLETE`, fault: { state: 'partStays', part, word: 'INCOMPLETE' } },
      { what: `${part} never appears`, fault: { state: 'partNeverAppears', part } },
      { what: `${part} says COMPLETED with a piece missing`, fault: { state: 'pieceMissing', part } },
    ],
  ),
  {
    what: 'zeebe says COMPLETED over an unfinished partition',
    fault: { state: 'pieceNotWhole', part: 'zeebe' },
  },
  { what: 'zeebe has a partition too many', fault: { state: 'pieceTooMany', part: 'zeebe' } },
];

describe('faults/parts: a part is lost', () => {
  it.concurrent.each([
    ...failing.map((each) => ({ ...each, code: 'PartFailed' })),
    ...stalling.map((each) => ({ ...each, code: 'PartStalled' })), // after the stall budget
  ])(
    '$what once: $code, its set is cleaned up, the next one is complete under a new id',
    async ({ fault, code }) => {
      const cluster = await rig.open({ settings });
      const armed = cluster.simulator.faults.add({ ...fault, times: 1 });

      const end = await cluster.run();

      expectComplete(end);
      expect(armed.hits()).toBe(1);
      expect(end.result?.failedSets).toMatchObject([{ code }]);
      expect(await expectSound(cluster, { triggers: 2 })).toMatchObject(LOST);
    },
    TIMEOUT_MS,
  );

  it.concurrent.each([
    { code: 'PartFailed', fault: { state: 'partFails', part: 'optimize', reason: 'disk full' } },
    { code: 'PartStalled', fault: { state: 'partStays', part: 'webapps', word: 'IN_PROGRESS' } },
    { code: 'PartStalled', fault: { state: 'partNeverAppears', part: 'zeebe' } },
    { code: 'PartStalled', fault: { state: 'anotherBackupRunning', part: 'webapps' } },
    { code: 'PartStalled', fault: { state: 'stateWord', part: 'zeebe', word: 'ALMOST' } },
  ] as const)(
    '$fault.state of $fault.part in both sets: the run fails with $code, nothing is left',
    async ({ code, fault }) => {
      const cluster = await rig.open({ settings });
      cluster.simulator.faults.add(fault);

      const end = await cluster.run();

      expect(end).toMatchObject({ status: 'FAILED', code });
      cluster.simulator.faults.clear();
      expect(await expectSound(cluster, { triggers: 2 })).toMatchObject([
        { state: 'failed' },
        { state: 'failed' },
      ]);
    },
    TIMEOUT_MS,
  );
});

describe('faults/parts: what only looks like a loss', () => {
  const aboutAnother: FaultAnswer = {
    status: 200,
    json: { backupId: 7, state: 'COMPLETED', failureReason: null, details: [] },
  };

  const scaling: FaultAnswer = {
    status: 409,
    json: {
      message: 'Cannot take backup while scaling is in progress. Please retry after scaling is completed.',
    },
  };

  it.concurrent.each([
    {
      what: 'another backup of webapps is running for a moment',
      fault: { state: 'anotherBackupRunning', part: 'webapps', times: 3 },
    },
    {
      what: 'webapps says a word that nobody knows',
      fault: { state: 'stateWord', part: 'webapps', word: 'FINALIZING', times: 3 },
    },
    {
      what: 'zeebe is INCOMPLETE when it is done',
      fault: { state: 'stateWord', part: 'zeebe', word: 'INCOMPLETE', times: 3 },
    },
    { what: 'optimize says COMPLETE', fault: { state: 'stateWord', part: 'optimize', word: 'COMPLETE' } },
    {
      what: 'zeebe answers for another id',
      fault: { on: 'GET zeebe status', answer: aboutAnother, times: 3 },
    },
    {
      what: 'webapps answers for another id',
      fault: { on: 'GET webapps status', answer: aboutAnother, times: 3 },
    },
    {
      what: 'zeebe is being scaled when it is triggered',
      fault: { on: 'POST zeebe backup', answer: scaling, times: 2 },
    },
    {
      what: 'status answers of zeebe are older than those before',
      fault: { on: 'GET zeebe status', skip: 3, answer: 'stale', times: 3 },
    },
    {
      what: 'status answers of webapps are older than those before',
      fault: { on: 'GET webapps status', skip: 3, answer: 'stale', times: 3 },
    },
    { what: 'the trigger of zeebe arrives twice', fault: { on: 'POST zeebe backup', twice: true } },
    { what: 'the trigger of webapps arrives twice', fault: { on: 'POST webapps backup', twice: true } },
    {
      what: 'the trigger of the records arrives twice',
      fault: { on: 'PUT searchEngine snapshot', twice: true },
    },
    { what: 'pause and resume arrive twice', fault: { on: 'POST zeebe /actuator/exporting/*', twice: true } },
  ] as const)(
    '$what: the set is complete, and the only one',
    async ({ fault }) => {
      const cluster = await rig.open({ settings, simulator: { partMs: 400 } });
      const armed = cluster.simulator.faults.add(fault);

      const end = await cluster.run();

      expectComplete(end);
      expect(armed.hits()).toBeGreaterThan(0);
      expect(await expectSound(cluster)).toHaveLength(1);
    },
    TIMEOUT_MS,
  );
});

describe('faults/parts: somebody else is at the backups', () => {
  it.concurrent.each([
    { what: 'zeebe', part: 'zeebe', remove: removePart },
    { what: 'webapps', part: 'webapps', remove: removePart },
    { what: 'optimize', part: 'optimize', remove: removePart },
    { what: 'a snapshot of webapps', part: 'webapps', remove: removeSnapshot },
  ] as const)(
    '$what vanishes after it was seen: that set is given up, the next one is complete',
    async ({ part, remove }) => {
      // Deletions take half of that. The snapshot of the records shows no progress until it is over.
      const patient = { budgets: { stall: '8 s' } };
      const cluster = await rig.open({ settings: patient, simulator: { partMs: 3_000 } });
      const handle = await cluster.start();
      await until('it was seen', () => countPolls(cluster, part) >= 6);

      await remove(cluster, part);
      const end = await endOf(handle);

      expectComplete(end);
      expect(await expectSound(cluster, { triggers: 2 })).toMatchObject(LOST);
    },
    TIMEOUT_MS,
  );

  it.concurrent.each(['zeebe', 'webapps', 'optimize', 'zeebe-records'] as const)(
    'a complete %s is deleted before the seal: the set fails, the next one is complete',
    async (part) => {
      const cluster = await rig.open({ settings });
      const held = cluster.holdOnce('POST zeebe resume');
      const handle = await cluster.start();
      await held.reached();

      const id = String(cluster.simulator.backupIds('optimize')[0]);
      await cluster.client.deleteBackup(part, id);
      await until('it is gone', async () => (await cluster.client.getBackup(part, id)).kind === 'absent');
      held.letGo();
      const end = await endOf(handle);

      expectComplete(end);
      expect(end.result?.failedSets).toMatchObject([{ code: 'SetFailed' }]);
      expect(await expectSound(cluster, { triggers: 2 })).toMatchObject(LOST);
    },
    TIMEOUT_MS,
  );

  it.concurrent(
    'a backup of another tool with a larger id is there: the run takes one above it',
    async () => {
      const cluster = await rig.open();
      await cluster.client.startBackup('zeebe', STRANGER);
      await until(
        'it is complete',
        async () => (await cluster.client.getBackup('zeebe', STRANGER)).kind === 'complete',
      );

      const end = await cluster.run();

      expectComplete(end);
      expect(end.result?.backupId).toBe('9000000001');
      await expectSound(cluster, { triggers: 2, strangers: [STRANGER] });
    },
    TIMEOUT_MS,
  );

  it.concurrent(
    'another tool takes a larger id just before the trigger of zeebe: refused, and complete above it',
    async () => {
      const cluster = await rig.open();
      const held = cluster.holdOnce('POST zeebe backup');
      const handle = await cluster.start();
      await held.reached();

      await cluster.client.startBackup('zeebe', STRANGER);
      held.letGo();
      const end = await endOf(handle);

      expectComplete(end);
      expect(end.result).toMatchObject({ backupId: '9000000001', failedSets: [{ code: 'PartRefused' }] });
      await expectSound(cluster, { triggers: 2, strangers: [STRANGER] });
    },
    TIMEOUT_MS,
  );

  it.concurrent(
    'the application restarts in mid-chain and forgets it: that set is given up, the next one is complete',
    async () => {
      const cluster = await rig.open({ settings, simulator: { partMs: 600 } });
      const handle = await cluster.start();
      await until('webapps is at work', () => countPolls(cluster, 'webapps') >= 3);

      cluster.simulator.restart('webapps');
      const end = await endOf(handle);

      expectComplete(end);
      expect(end.result?.failedSets).toMatchObject([{ code: 'PartStalled' }]);
      expect(await expectSound(cluster, { triggers: 2 })).toMatchObject(LOST);
    },
    TIMEOUT_MS,
  );
});

const STRANGER = '9000000000';

/** How often the part was asked for one backup. */
function countPolls({ simulator }: RigCluster, part: SimulatedPart): number {
  const isStatus = /\/actuator\/backup\w+\/\d+$/;
  const polls = simulator.requests.filter(({ component, path }) => component === part && isStatus.test(path));
  return polls.length;
}

async function removePart({ client, simulator }: RigCluster, part: SimulatedPart): Promise<void> {
  await client.deleteBackup(part, String(simulator.backupIds(part)[0]));
}

async function removeSnapshot({ simulator }: RigCluster): Promise<void> {
  const name = simulator.snapshotNames().find((each) => each.startsWith('camunda_webapps_')) ?? '';
  await fetch(`${simulator.urls.searchEngine}/_snapshot/${simulator.repository}/${name}`, {
    method: 'DELETE',
  });
}
