import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ProcedureName } from '../../src/contract/backup.ts';
import { expectComplete, expectSound } from './expectSound.ts';
import { isFull } from './extent.ts';
import { startRig, type Rig, type RigCluster } from './rig.ts';
import { endOf, type RunEnd } from './runs.ts';
import { until } from './until.ts';

const TIMEOUT_MS = 180_000;

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
}, 120_000);
afterAll(() => rig.stop(), 60_000);

/** Something that happens inside the window, once. */
type Deed = { deed: string; act: (cluster: RigCluster) => unknown };

/** Each of them lets the exporter go on, or may have done so: the set must not count. */
const breaking: Deed[] = [
  { deed: 'a stranger resumes', act: ({ client }) => client.resumeExporting() },
  {
    deed: 'a stranger resumes and pauses again a second later',
    act: async ({ client }) => {
      await client.resumeExporting();
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      await client.pauseExporting('hard');
    },
  },
  { deed: 'a stranger pauses softly over it', act: ({ client }) => client.pauseExporting('soft') },
  {
    deed: 'a partition changes its leader',
    act: ({ simulator }) => {
      simulator.changeLeader(1);
    },
  },
  {
    deed: 'a partition changes its leader and back, which ends its pause',
    act: ({ simulator }) => {
      simulator.faults.add({ state: 'leaderChangeEndsPause', times: 1 });
      for (let changes = 0; changes < 3; changes += 1) simulator.changeLeader(1);
    },
  },
  {
    deed: 'the pause turns into another one',
    act: (cluster) => {
      const drift = cluster.simulator.faults.add({ state: 'phaseDrift', phase: 'SOFT_PAUSED' });
      void untilResumed(cluster).finally(() => {
        drift.remove();
      });
    },
  },
];

/** With these nothing is exported that should not be. */
const harmless: Deed[] = [
  { deed: 'a stranger pauses in the same way', act: ({ client }) => client.pauseExporting('hard') },
  {
    deed: 'the brokers restart',
    act: ({ simulator }) => {
      simulator.restart('zeebe');
    },
  },
  {
    deed: 'a partition changes its leader and back',
    act: ({ simulator }) => {
      for (let changes = 0; changes < 3; changes += 1) simulator.changeLeader(1);
    },
  },
  {
    deed: 'a scaling begins and ends',
    act: (cluster) => {
      const scaling = cluster.simulator.faults.add({ state: 'scaling' });
      void untilResumed(cluster).finally(() => {
        scaling.remove();
      });
    },
  },
  {
    deed: 'a stranger takes a Zeebe backup with a larger id',
    act: ({ client }) => client.startBackup('zeebe', STRANGER),
  },
];

const STRANGER = '9000000000';
const WEBAPPS_BEGIN = { when: 'when webapps is being triggered', at: 'POST webapps backup' } as const;
const moments = isFull
  ? [
      WEBAPPS_BEGIN,
      { when: 'when optimize is being triggered', at: 'POST optimize backup' } as const,
      { when: 'when the records are being taken', at: 'PUT searchEngine snapshot' } as const,
    ]
  : [WEBAPPS_BEGIN];
const across = (deeds: Deed[]) => moments.flatMap((moment) => deeds.map((deed) => ({ ...moment, ...deed })));

describe('faults/fence: somebody or something breaks the fence, once', () => {
  it.concurrent.each(across(breaking))(
    '$deed $when: that set is given up, the next one is complete',
    async ({ at, act }) => {
      const cluster = await rig.open({ simulator: { brokers: 3 } });

      const end = await runWith(cluster, at, act);

      expectComplete(end);
      expect(end.result?.failedSets).toMatchObject([{ code: 'SetFailed' }]);
      expect(await expectSound(cluster, { triggers: 2 })).toMatchObject([
        { state: 'failed' },
        { state: 'complete' },
      ]);
    },
    TIMEOUT_MS,
  );

  it.concurrent.each(across(harmless))(
    '$deed $when: the set is complete, and holds what it says',
    async ({ at, act }) => {
      const cluster = await rig.open({ simulator: { brokers: 3 } });

      const end = await runWith(cluster, at, act);

      expectComplete(end);
      expect(end.result?.failedSets).toBeUndefined();
      await expectSound(cluster, { triggers: 2, strangers: [STRANGER] });
    },
    TIMEOUT_MS,
  );

  it.concurrent(
    'a partition changes its leader while zeebe is being backed up: that set is given up, the next one is complete',
    async () => {
      const cluster = await rig.open({ simulator: { brokers: 3, partMs: 500 } });
      const handle = await cluster.start();
      await until('zeebe is at work', () => cluster.simulator.triggerCount('zeebe') === 1);

      cluster.simulator.changeLeader(2);
      const end = await endOf(handle);

      expectComplete(end);
      expect(end.result?.failedSets).toMatchObject([{ code: 'PartFailed' }]);
      await expectSound(cluster, { triggers: 2 });
    },
    TIMEOUT_MS,
  );

  it.concurrent.each<Deed>([
    { deed: 'a stranger resumes', act: ({ client }) => client.resumeExporting() },
    {
      deed: 'a stranger pauses hard over it',
      act: ({ client }) => client.pauseExporting('hard'),
    },
    {
      deed: 'the brokers restart, which moves the position',
      act: ({ simulator }) => {
        simulator.faults.add({ state: 'restartMovesPosition', times: 1 });
        simulator.restart('zeebe');
      },
    },
  ])(
    'in a soft pause, $deed when zeebe is being triggered: that set is given up, the next one is complete',
    async ({ act }) => {
      const cluster = await rig.open({ simulator: { brokers: 3 } });

      const end = await runWith(cluster, 'POST zeebe backup', act, 'history-first');

      expectComplete(end);
      expect(end.result?.failedSets).toMatchObject([{ code: 'SetFailed' }]);
      await expectSound(cluster, { triggers: 2 });
    },
    TIMEOUT_MS,
  );

  it.concurrent(
    'a stranger resumes in both sets: the run fails as SetFailed, and nothing is left',
    async () => {
      const cluster = await rig.open();
      const handle = cluster.start();
      for (let set = 1; set <= 2; set += 1) {
        const held = cluster.holdOnce('POST webapps backup');
        await held.reached();
        await cluster.client.resumeExporting();
        held.letGo();
      }

      const end = await endOf(await handle);

      expect(end).toMatchObject({ status: 'FAILED', code: 'SetFailed' });
      expect(end.message).toContain('exporting moved, changed its phase or changed its leader');
      expect(await expectSound(cluster, { triggers: 2 })).toMatchObject([
        { state: 'failed' },
        { state: 'failed' },
      ]);
    },
    TIMEOUT_MS,
  );
});

/** A run in which the deed is done while the request waits before it is carried out. */
async function runWith(
  cluster: RigCluster,
  at: `${'POST' | 'PUT'} ${'zeebe' | 'webapps' | 'optimize' | 'searchEngine'} ${'backup' | 'snapshot'}`,
  act: Deed['act'],
  procedure: ProcedureName = 'sequential',
): Promise<RunEnd> {
  const held = cluster.holdOnce(at);
  const handle = await cluster.start({ procedure });
  await held.reached();
  await act(cluster);
  held.letGo();
  return await endOf(handle);
}

function untilResumed(cluster: RigCluster): Promise<unknown> {
  return until('exporting runs', () => cluster.phases().every((phase) => phase === 'EXPORTING'), 60_000);
}
