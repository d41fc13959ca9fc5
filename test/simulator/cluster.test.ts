import { describe, expect, it } from '@jest/globals';
import { call } from './support/call.ts';
import { simulators } from './support/simulators.ts';

const start = simulators();

describe('simulator/cluster: what a process says of itself', () => {
  it.each([
    ['8.6' as const, ['backups'], ['backupRuntime', 'backupHistory']],
    ['8.8' as const, ['backupRuntime', 'backupHistory'], ['backups']],
  ])('%s links to its endpoints', async (profile, there, notThere) => {
    const { urls } = await start({ profile });

    const { body } = await call('GET', `${urls.zeebe}/actuator`);

    const { _links: links } = body as { _links: Record<string, { href: string }> };
    expect(Object.keys(links)).toEqual(
      expect.arrayContaining([...there, 'partitions', 'cluster', 'exporting', 'health']),
    );
    for (const name of notThere) expect(links).not.toHaveProperty(name);
    expect(links['partitions']?.href).toBe(`${urls.zeebe}/actuator/partitions`);
  });

  it('topology and members spread the partitions over the brokers', async () => {
    const { urls } = await start({ profile: '8.8', brokers: 3, partitions: 3 });

    const topology = await call('GET', `${urls.restApi}/v2/topology`);
    const cluster = await call('GET', `${urls.zeebe}/actuator/cluster`);
    const ready = await call('GET', `${urls.restApi}/v2/status`);

    const { brokers } = topology.body as {
      brokers: { partitions: { role: string; partitionId: number }[] }[];
    };
    const led = brokers.map(({ partitions }) =>
      partitions.filter(({ role }) => role === 'leader').map((it) => it.partitionId),
    );
    expect(topology.body).toMatchObject({
      clusterSize: 3,
      partitionsCount: 3,
      replicationFactor: 3,
      gatewayVersion: '8.8.0',
      brokers: [{ nodeId: 0, version: '8.8.0' }, { nodeId: 1 }, { nodeId: 2 }],
    });
    expect(led).toEqual([[1], [2], [3]]);
    expect(cluster.body).toMatchObject({ brokers: [{ id: 0, state: 'ACTIVE' }, { id: 1 }, { id: 2 }] });
    expect(cluster.body).not.toHaveProperty('pendingChange');
    expect(ready.status).toBe(204);
  });

  it('configprops tell store, repository, prefixes and the bulk delay in seconds, secrets masked', async () => {
    const { urls } = await start({ profile: '8.6', flushDelayMs: 5000 });

    const zeebe = await call('GET', `${urls.zeebe}/actuator/configprops`);
    const operate = await call('GET', `${urls.operate}/actuator/configprops`);

    expect(beans(zeebe.body)).toMatchObject([
      {
        prefix: 'zeebe.broker',
        properties: {
          data: { backup: { store: 'S3', s3: { secretKey: '******' } } },
          exporters: { opensearch: { args: { bulk: { delay: 5 } } } },
        },
      },
    ]);
    expect(beans(operate.body)).toMatchObject([
      {
        prefix: 'camunda.operate',
        properties: { backup: { repositoryName: 'camunda' }, opensearch: { indexPrefix: 'operate' } },
      },
    ]);
  });
});

describe('simulator/cluster: faults', () => {
  it('scaling, brokerVersion, partitionUnhealthy, componentDown, clockSkew, noBackupStore', async () => {
    const { urls, faults } = await start({ profile: '8.8', brokers: 2 });
    faults.add({ state: 'scaling' });
    faults.add({ state: 'brokerVersion', broker: 1, version: '8.7.0' });
    faults.add({ state: 'partitionUnhealthy', partition: 2 });
    faults.add({ state: 'componentDown', component: 'zeebe' });
    faults.add({ state: 'clockSkew', component: 'restApi', byMs: 3_600_000 });
    faults.add({ state: 'noBackupStore' });

    const cluster = await call('GET', `${urls.zeebe}/actuator/cluster`);
    const topology = await call('GET', `${urls.restApi}/v2/topology`);
    const health = await call('GET', `${urls.zeebe}/actuator/health/readiness`);
    const config = await call('GET', `${urls.zeebe}/actuator/configprops`);

    expect(cluster.body).toMatchObject({
      pendingChange: { status: 'IN_PROGRESS', pending: [{ operation: 'PARTITION_JOIN' }] },
    });
    expect(topology.body).toMatchObject({
      brokers: [
        { version: '8.8.0', partitions: [{ health: 'healthy' }, { health: 'unhealthy' }] },
        { version: '8.7.0' },
      ],
    });
    expect(health).toMatchObject({ status: 503, body: { status: 'DOWN' } });
    expect(Date.parse(topology.headers.get('date') ?? '') - Date.now()).toBeGreaterThan(3_500_000);
    expect(beans(config.body)[0]).toMatchObject({ properties: { data: { backup: { store: 'NONE' } } } });
  });
});

function beans(body: unknown): unknown[] {
  return Object.values((body as { contexts: { application: { beans: object } } }).contexts.application.beans);
}
