import { rm } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import type { SimulatorOptions } from '../../../sandbox/simulator/options.ts';
import type { Simulator } from '../../../sandbox/simulator/startSimulator.ts';
import type { PreflightReport } from '../../../src/contract/preflight.ts';
import { badOnes, find, startCluster, type SimulatedCluster } from './simulatedCluster.ts';

type Fields = Record<string, unknown>;

async function inspectAdapted(
  options: SimulatorOptions,
  adapt: (cluster: Fields, simulator: Simulator) => Fields,
  before: (cluster: SimulatedCluster) => Promise<void> = () => Promise.resolve(),
): Promise<PreflightReport> {
  const cluster = await startCluster(options, adapt);
  try {
    await before(cluster);
    return await cluster.inspect();
  } finally {
    await cluster.close();
  }
}

const searchEngine = (cluster: Fields, more: Fields): Fields => ({
  ...cluster,
  searchEngine: { ...(cluster.searchEngine as Fields), ...more },
});

describe('activities/preflight/inspect: a config that does not fit the cluster', () => {
  it('finds brokers that are not listed', async () => {
    const report = await inspectAdapted(
      { profile: '8.6', brokers: 3, partitions: 3 },
      (cluster, { urls }) => ({
        ...cluster,
        brokers: [{ url: urls.brokers[0] }],
      }),
    );

    expect(badOnes(report)).toEqual(['error exporting.visible', 'warning exporting.brokers']);
    expect(find(report, 'exporting.visible').seen).toBe('no broker in the config leads partitions 2, 3');
    expect(find(report, 'exporting.brokers').seen).toBe('1 of 3 brokers in the config');
  });

  it('finds another repository name', async () => {
    const report = await inspectAdapted({ profile: '8.6' }, (cluster) =>
      searchEngine(cluster, { repository: 'other' }),
    );

    expect(badOnes(report)).toEqual(
      expect.arrayContaining(['error repository.names', 'error repository.registered']),
    );
    expect(find(report, 'repository.names').seen).toBe('config other, operate camunda, tasklist camunda');
  });

  it('finds another index prefix, in what Operate reports and in the indices', async () => {
    const report = await inspectAdapted({ profile: '8.6' }, (cluster) =>
      searchEngine(cluster, { indexPrefixes: { operate: 'acme-operate' } }),
    );

    expect(badOnes(report)).toEqual(['error indices.prefixes', 'error indices.live']);
    expect(find(report, 'indices.prefixes').seen).toBe(
      'config operate acme-operate, tasklist tasklist; operate operate',
    );
    expect(find(report, 'indices.live').seen).toBe('no index begins with acme-operate');
  });

  it('finds a component that is configured and offers no backups', async () => {
    const report = await inspectAdapted({ profile: '8.6' }, (cluster, { urls }) => ({
      ...cluster,
      tasklist: { url: urls.restApi },
    }));

    expect(badOnes(report)).toContain('error parts.offered');
    expect(find(report, 'parts.offered').seen).toContain('tasklist');
    expect(report.facts).toBeUndefined();
  });

  it('takes the flush delay that the exporter reports where it is the longer one', async () => {
    const report = await inspectAdapted({ profile: '8.6', flushDelayMs: 7000 }, (cluster) => cluster);

    expect(badOnes(report)).toEqual(['info exporter.flushDelay']);
    expect(report.facts?.flushDelayMs).toBe(7000);
  });

  it('says when versions are not visible', async () => {
    const report = await inspectAdapted({ profile: '8.6' }, (cluster) => ({
      ...cluster,
      restApi: undefined,
    }));

    expect(badOnes(report)).toEqual(['info zeebe.versions']);
    expect(report.facts?.camundaVersion).toBe('unknown');
  });

  it('finds a database that cannot be reached', async () => {
    process.env.PREFLIGHT_TEST_PASSWORD = 'never shown';
    const report = await inspectAdapted({ profile: '8.6' }, (cluster) => ({
      ...cluster,
      databases: {
        'web-modeler': {
          host: '127.0.0.1',
          port: 1,
          user: 'modeler',
          password: { env: 'PREFLIGHT_TEST_PASSWORD' },
        },
      },
    }));

    expect(badOnes(report)).toEqual(['error database.web-modeler']);
    expect(JSON.stringify(report)).not.toContain('never shown');
  });

  it('finds a store whose folder is missing', async () => {
    const report = await inspectAdapted(
      { profile: '8.6' },
      (cluster) => cluster,
      ({ folder }) => rm(folder, { recursive: true }),
    );

    expect(badOnes(report)).toEqual(['error store.writable', 'info restore.ended']);
  });
});
