import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Fault } from '../../../sandbox/simulator/faults/faults.ts';
import type { Profile } from '../../../sandbox/simulator/options.ts';
import {
  badOnes,
  CLUSTER,
  find,
  inspectWith,
  startCluster,
  type SimulatedCluster,
} from './simulatedCluster.ts';
import { createInspector } from '../../../src/activities/preflight/inspect.ts';

describe.each<Profile>(['8.6', '8.8'])('activities/preflight/inspect: a healthy %s cluster', (profile) => {
  let cluster: SimulatedCluster;
  beforeAll(async () => {
    cluster = await startCluster({ profile, brokers: 2, partitions: 3 });
  });
  afterAll(() => cluster.close());

  it('passes every check', async () => {
    const report = await cluster.inspect();

    expect(badOnes(report)).toEqual([]);
    expect(report.findings.length).toBeGreaterThan(30);
    expect(new Set(report.findings.map((finding) => finding.check)).size).toBe(report.findings.length);
  });

  it('tells the facts that a restore needs', async () => {
    const { facts } = await cluster.inspect();

    expect(facts).toMatchObject({
      camundaVersion: `${profile}.0`,
      partitionCount: 3,
      brokerCount: 2,
      repository: 'camunda',
      indexPrefixes: {
        operate: 'operate',
        tasklist: 'tasklist',
        optimize: 'optimize',
        zeebeRecords: 'zeebe-record',
      },
      flushDelayMs: 5000,
    });
    expect(facts?.parts).toContain('zeebe-records');
  });
});

const always: [Profile, Fault, string, string][] = [
  ['8.6', { state: 'componentDown', component: 'operate' }, 'error operate.health', 'DOWN'],
  ['8.6', { state: 'componentDown', component: 'zeebe' }, 'error zeebe.health', 'brokerStatus DOWN'],
  [
    '8.6',
    { state: 'partitionLeaderless', partition: 2 },
    'error zeebe.topology',
    'partition 2 has no leader',
  ],
  ['8.6', { state: 'partitionUnhealthy', partition: 1 }, 'error zeebe.topology', 'partition 1 is unhealthy'],
  [
    '8.6',
    { state: 'partitionLeaderless', partition: 2 },
    'error exporting.visible',
    'no broker in the config leads partition 2',
  ],
  [
    '8.6',
    { state: 'brokerVersion', broker: 1, version: '8.6.3' },
    'error zeebe.versions',
    'brokers 8.6.0, 8.6.3',
  ],
  ['8.6', { state: 'scaling' }, 'error zeebe.scaling', 'cluster change'],
  ['8.6', { state: 'noBackupStore' }, 'error zeebe.store', 'zeebe NONE'],
  ['8.6', { state: 'noBackupStore' }, 'error zeebe.backups', 'backup store'],
  ['8.8', { state: 'generatedIds' }, 'error zeebe.ids', 'makes its own backup ids'],
  ['8.6', { state: 'noRepositoryConfigured', part: 'operate' }, 'error operate.backups', 'repository'],
  ['8.6', { state: 'repositoryMissing' }, 'error repository.registered', 'no snapshot repository camunda'],
  ['8.6', { state: 'repositoryBroken' }, 'error repository.verify', 'not usable'],
  ['8.6', { state: 'snapshotRunning', name: 'nightly' }, 'error repository.idle', 'nightly'],
  ['8.6', { state: 'searchEngineStatus', status: 'red' }, 'error searchEngine.health', 'is red'],
  ['8.6', { state: 'searchEngineStatus', status: 'yellow' }, 'info searchEngine.health', 'is yellow'],
  ['8.6', { state: 'diskUsed', percent: 90 }, 'warning searchEngine.disk', '90 %'],
  ['8.6', { state: 'diskUsed', percent: 95 }, 'error searchEngine.disk', '95 %'],
  ['8.6', { state: 'clockSkew', component: 'tasklist', byMs: 30_000 }, 'warning clocks.skew', 'tasklist is'],
  ['8.6', { state: 'clockSkew', component: 'operate', byMs: -90_000 }, 'error clocks.skew', 'behind ours'],
  ['8.6', { state: 'searchEngineDown' }, 'error searchEngine.health', 'search engine'],
  ['8.6', { on: 'GET zeebe cluster', answer: { status: 503 } }, 'error zeebe.scaling', '503'],
  ['8.6', { on: 'GET zeebe partitions', answer: 'reset' }, 'error exporting.visible', '/actuator/partitions'],
  ['8.6', { on: 'GET restApi topology', answer: { status: 401 } }, 'error zeebe.topology', '401'],
];

describe('activities/preflight/inspect: one thing wrong', () => {
  const clusters = new Map<Profile, SimulatedCluster>();
  beforeAll(async () => {
    for (const profile of ['8.6', '8.8'] as const) {
      clusters.set(profile, await startCluster({ profile, brokers: 2, partitions: 2 }));
    }
  });
  afterAll(async () => {
    for (const cluster of clusters.values()) await cluster.close();
  });
  const clusterOf = (profile: Profile) => clusters.get(profile) as SimulatedCluster;

  it.each(always)('%s %j: %s, %s', async (profile, fault, expected, seen) => {
    const report = await inspectWith(clusterOf(profile), fault);

    const [, check = ''] = expected.split(' ');
    expect(badOnes(report)).toContain(expected);
    expect(find(report, check).seen).toContain(seen);
    expect(find(report, check).fix).toEqual(expect.any(String));
  });

  it('says of checks that need a missing answer only that they were not made', async () => {
    const report = await inspectWith(clusterOf('8.6'), {
      on: 'GET restApi topology',
      answer: { status: 503 },
    });

    expect(badOnes(report)).toEqual([
      'error zeebe.topology',
      'info zeebe.versions',
      'info exporting.visible',
      'info exporting.brokers',
    ]);
    expect(find(report, 'zeebe.versions').seen).toBe('not checked, because zeebe.topology failed');
    expect(report.facts).toBeUndefined();
  });

  it.each([
    ['soft', 'SOFT_PAUSED', 'camunda#55838'],
    ['hard', 'PAUSED', 'nothing reaches Operate'],
  ] as const)(
    'names the phase and the partitions of a %s pause, and how to resume',
    async (mode, phase, advice) => {
      const cluster = clusterOf('8.8');
      await cluster.deps.camunda(CLUSTER).pauseExporting(mode);

      const report = await cluster.inspect();

      await cluster.deps.camunda(CLUSTER).resumeExporting();
      expect(badOnes(report)).toEqual(['error exporting.running']);
      expect(find(report, 'exporting.running')).toMatchObject({
        seen: `${phase} on partitions 1, 2`,
        fix: expect.stringMatching(new RegExp(`${advice}.*safepoint resume ${CLUSTER}`)),
      });
    },
  );

  it('is cancelled by its signal, with the reason of the signal', async () => {
    const { deps, simulator } = clusterOf('8.6');
    const hang = simulator.faults.add({ on: 'GET operate health', answer: 'hang' });
    const giveUp = new AbortController();

    const inspection = createInspector(deps).inspectCluster(CLUSTER, { signal: giveUp.signal });
    giveUp.abort(new Error('given up'));

    await expect(inspection).rejects.toThrow('given up');
    hang.remove();
  });

  it('does not know a cluster that is not in the config', async () => {
    const inspection = createInspector(clusterOf('8.6').deps).inspectCluster('dev');

    await expect(inspection).rejects.toMatchObject({
      code: 'InvalidInput',
      message: expect.stringContaining('prod'),
    });
  });
});

describe('activities/preflight/inspect: backups in progress', () => {
  it.each(['zeebe', 'zeebe-records'] as const)('names the id of one in %s', async (part) => {
    const cluster = await startCluster({ profile: '8.6', partMs: 60_000, transients: false });
    const camunda = cluster.deps.camunda(CLUSTER);
    await camunda.startBackup(part, '1700000000');

    const report = await cluster.inspect();

    await cluster.close();
    expect(badOnes(report)).toContain(`error ${part}.backups`);
    expect(find(report, `${part}.backups`).seen).toBe(`backup 1700000000 of ${part} is IN_PROGRESS`);
  });
});

describe('activities/preflight/inspect: nothing answers', () => {
  it('is a report full of errors, without facts', async () => {
    const cluster = await startCluster({ profile: '8.8' });
    await cluster.simulator.stop();

    const report = await cluster.inspect();

    await cluster.close();
    expect(report.facts).toBeUndefined();
    expect(badOnes(report)).toEqual(
      expect.arrayContaining([
        'error zeebe.health',
        'error webapps.health',
        'error zeebe.topology',
        'error parts.offered',
      ]),
    );
    expect(report.findings.find((finding) => finding.check === 'store.writable')?.ok).toBe(true);
  });
});
