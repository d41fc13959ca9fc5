import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createCamundaClient } from '../../src/camunda/client.ts';
import { ClusterConfig } from '../../src/config/schema.ts';
import { layout, startScriptedCluster, type ScriptedCluster } from './support/cluster.ts';

let cluster: ScriptedCluster;
beforeEach(async () => {
  cluster = await startScriptedCluster('8.6');
});
afterEach(() => cluster.close());

describe('camunda/cluster: readTopology', () => {
  it('reads the REST API where the config has it', async () => {
    const { server, on } = cluster;
    const broker = (nodeId: number, version: string, roles: [string, string], health = 'healthy') => ({
      nodeId,
      host: '127.0.0.1',
      port: 26501,
      version,
      partitions: roles.map((role, index) => ({ partitionId: index + 1, role, health })),
    });
    on('GET /rest/v2/topology', {
      json: {
        brokers: [
          broker(0, '8.6.0', ['leader', 'follower']),
          broker(1, '8.6.1', ['follower', 'leader'], 'unhealthy'),
        ],
        clusterSize: 2,
        partitionsCount: 3,
        replicationFactor: 2,
        gatewayVersion: '8.6.0',
      },
    });
    const client = createCamundaClient(
      ClusterConfig.parse({
        zeebe: { url: `${server.url}/zeebe` },
        restApi: { url: `${server.url}/rest` },
        webapps: { url: `${server.url}/webapps` },
        searchEngine: { url: `${server.url}/search` },
        store: 'main',
      }),
    );

    const topology = await client.readTopology();
    await client.close();

    expect(topology).toEqual({
      version: '8.6.0',
      brokerVersions: ['8.6.0', '8.6.1'],
      brokerCount: 2,
      partitionCount: 3,
      replicationFactor: 2,
      partitions: [
        { partitionId: 1, leader: 'broker 0', healthy: true },
        { partitionId: 2, leader: 'broker 1', healthy: false },
        { partitionId: 3, leader: null, healthy: false },
      ],
    });
  });

  it('else puts it together from the management address', async () => {
    cluster.on('GET /zeebe/actuator/cluster', layout(3));
    cluster.on('GET /zeebe/actuator/partitions', {
      json: {
        '1': { role: 'LEADER', streamProcessorPhase: 'PROCESSING' },
        '2': { role: 'LEADER', streamProcessorPhase: 'FAILED' },
        '3': { role: 'FOLLOWER' },
      },
    });

    const topology = await cluster.client.readTopology();

    expect(topology).toMatchObject({
      version: 'unknown',
      brokerCount: 1,
      partitionCount: 3,
      replicationFactor: 1,
    });
    expect(topology.partitions).toEqual([
      { partitionId: 1, leader: `${cluster.server.url}/zeebe`, healthy: true },
      { partitionId: 2, leader: `${cluster.server.url}/zeebe`, healthy: false },
      { partitionId: 3, leader: null, healthy: false },
    ]);
  });
});

describe('camunda/cluster: readPendingChange', () => {
  it('describes a change that is under way', async () => {
    const pending = [
      { operation: 'PARTITION_JOIN', brokerId: 1 },
      { operation: 'PARTITION_LEAVE', brokerId: 0 },
    ];
    const change = {
      id: 5,
      status: 'IN_PROGRESS',
      startedAt: '2026-11-22T11:00:00Z',
      completed: [],
      pending,
    };
    cluster.on('GET /zeebe/actuator/cluster', layout(1, change));

    const text = await cluster.client.readPendingChange();

    expect(text).toBe(
      'cluster change 5 is IN_PROGRESS since 2026-11-22T11:00:00Z, still to do: PARTITION_JOIN, PARTITION_LEAVE',
    );
  });

  it.each([
    ['there is none', layout(1)],
    ['the release has no such changes', { status: 404, text: '' }],
  ])('is null when %s', async (_, reply) => {
    cluster.on('GET /zeebe/actuator/cluster', reply);

    const text = await cluster.client.readPendingChange();

    expect(text).toBeNull();
  });
});
