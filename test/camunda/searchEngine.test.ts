import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { htmlPage, startScriptedCluster, type ScriptedCluster } from './support/cluster.ts';

let cluster: ScriptedCluster;
beforeEach(async () => {
  cluster = await startScriptedCluster('8.6');
});
afterEach(() => cluster.close());

const missing = (type: string) => ({
  status: 404,
  json: { error: { type, reason: `[camunda] missing` }, status: 404 },
});

describe('camunda/searchEngine: readHealth', () => {
  it.each([
    ['opensearch', { number: '2.19.1', distribution: 'opensearch' }],
    ['elasticsearch', { number: '8.16.0', build_flavor: 'default' }],
  ])('tells %s by its distribution', async (engine, version) => {
    cluster.on('GET /search/', { json: { version, tagline: 'x' } });
    cluster.on('GET /search/_cluster/health', { json: { status: 'yellow', number_of_nodes: 1 } });

    const health = await cluster.client.searchEngine.readHealth();

    expect(health).toEqual({ status: 'yellow', engine, version: version.number });
  });
});

describe('camunda/searchEngine: repository', () => {
  it('exists or not', async () => {
    cluster.on(
      'GET /search/_snapshot/camunda',
      { json: { camunda: { type: 's3' } } },
      missing('repository_missing_exception'),
    );

    const first = await cluster.client.searchEngine.repositoryExists();
    const second = await cluster.client.searchEngine.repositoryExists();

    expect([first, second]).toEqual([true, false]);
  });

  it('is verified by the engine', async () => {
    const failure = {
      error: { type: 'repository_verification_exception', reason: '[camunda] path is not accessible' },
    };
    cluster.on(
      'POST /search/_snapshot/camunda/_verify',
      { json: { nodes: {} } },
      { status: 500, json: failure },
    );

    const usable = cluster.client.searchEngine.verifyRepository();
    await expect(usable).resolves.toBeUndefined();
    const unusable = cluster.client.searchEngine.verifyRepository();

    await expect(unusable).rejects.toMatchObject({
      code: 'SnapshotFailed',
      message: expect.stringContaining('path is not accessible'),
    });
  });
});

describe('camunda/searchEngine: a proxy that answers 200 to everything', () => {
  it('neither shows nor verifies a repository', async () => {
    cluster.on('GET /search/_snapshot/camunda', htmlPage);
    cluster.on('POST /search/_snapshot/camunda/_verify', htmlPage);
    const { searchEngine } = cluster.client;

    await expect(searchEngine.repositoryExists()).rejects.toMatchObject({ code: 'UnexpectedAnswer' });
    await expect(searchEngine.verifyRepository()).rejects.toMatchObject({ code: 'UnexpectedAnswer' });
  });
});

describe('camunda/searchEngine: snapshots', () => {
  const line = 'GET /search/_snapshot/camunda/camunda_*';

  it('lists those that match', async () => {
    const snapshots = [
      { snapshot: 'camunda_a', state: 'SUCCESS', indices: ['operate-x'], failures: [], uuid: 'u' },
      { snapshot: 'camunda_b', state: 'PARTIAL', indices: [], failures: [{ reason: 'disk full' }, 'lost'] },
    ];
    cluster.on(line, { json: { snapshots, total: 2, remaining: 0 } });

    const found = await cluster.client.searchEngine.listSnapshots('camunda_*');

    expect(found).toEqual([
      { name: 'camunda_a', state: 'SUCCESS', indices: ['operate-x'], failures: [] },
      { name: 'camunda_b', state: 'PARTIAL', indices: [], failures: ['{"reason":"disk full"}', 'lost'] },
    ]);
  });

  it('tells a missing snapshot from a missing repository', async () => {
    cluster.on(line, missing('snapshot_missing_exception'), missing('repository_missing_exception'));

    const none = await cluster.client.searchEngine.listSnapshots('camunda_*');
    const list = cluster.client.searchEngine.listSnapshots('camunda_*');

    expect(none).toEqual([]);
    await expect(list).rejects.toMatchObject({ code: 'SnapshotFailed' });
  });

  it('lists what runs now, in any repository', async () => {
    const running = {
      snapshot: 'nightly',
      repository: 'other',
      state: 'STARTED',
      shards_stats: { done: 1, total: 2 },
    };
    cluster.on('GET /search/_snapshot/_status', { json: { snapshots: [running] } });

    const names = await cluster.client.searchEngine.listRunningSnapshots();

    expect(names).toEqual(['nightly']);
  });
});

describe('camunda/searchEngine: listIndices', () => {
  it('lists live indices below the prefixes', async () => {
    cluster.on('GET /search/_cat/indices/operate*,tasklist*?format=json&h=index,creation.date', {
      json: [
        { index: 'tasklist-b', 'creation.date': '1795345172009' },
        { index: 'operate-a', 'creation.date': '1795345172000' },
      ],
    });

    const indices = await cluster.client.searchEngine.listIndices(['operate', 'tasklist']);

    expect(indices).toEqual([
      { name: 'operate-a', createdAt: '2026-11-22T10:59:32.000Z' },
      { name: 'tasklist-b', createdAt: '2026-11-22T10:59:32.009Z' },
    ]);
  });

  it('lists nothing, not everything, without a prefix', async () => {
    const indices = await cluster.client.searchEngine.listIndices([]);

    expect(indices).toEqual([]);
    expect(cluster.server.requests).toEqual([]);
  });
});

describe('camunda/searchEngine: readHighestRecords', () => {
  const options = 'ignore_unavailable=true&allow_no_indices=true';
  const search = `POST /search/zeebe-record*/_search?${options}`;
  const refresh = `POST /search/zeebe-record*/_refresh?${options}`;
  const hit = (partitionId: number, position: number, failed = 0) => ({
    json: { timed_out: false, _shards: { failed }, hits: { hits: [{ _source: { partitionId, position } }] } },
  });
  const none = { json: { timed_out: false, _shards: { failed: 0 }, hits: { hits: [] } } };

  it('asks for the newest record of each partition, after a refresh', async () => {
    cluster.on(refresh, { json: { _shards: { failed: 0 } } });
    cluster.on(search, hit(2, 907), hit(1, 800), none);

    const positions = await cluster.client.searchEngine.readHighestRecords();

    expect(positions).toEqual([
      { partitionId: 1, position: 800 },
      { partitionId: 2, position: 907 },
    ]);
    const [first, ...searches] = cluster.server.requests;
    expect(first?.line).toBe(refresh);
    expect(searches.map(({ body }): unknown => JSON.parse(body))).toEqual(
      [[], [2], [2, 1]].map((seen) =>
        expect.objectContaining({
          size: 1,
          query: { bool: { must_not: [{ terms: { partitionId: seen } }] } },
          sort: [{ position: { order: 'desc', unmapped_type: 'long' } }],
        }),
      ),
    );
  });

  it('does not ask for ever where the same record comes again', async () => {
    cluster.on(refresh, { json: {} });
    cluster.on(search, hit(1, 800));

    const positions = cluster.client.searchEngine.readHighestRecords();

    await expect(positions).rejects.toMatchObject({ code: 'UnexpectedAnswer' });
  });

  it('does not believe an answer without some shards', async () => {
    cluster.on(refresh, { json: {} });
    cluster.on(search, hit(1, 800, 1));

    const positions = cluster.client.searchEngine.readHighestRecords();

    await expect(positions).rejects.toMatchObject({ code: 'EndpointUnreachable' });
  });
});

describe('camunda/searchEngine: readDiskUsedPercent', () => {
  it.each([
    [
      'the fullest node',
      {
        json: [
          { node: 'a', 'disk.percent': '37' },
          { node: 'b', 'disk.percent': '81' },
          { node: 'UNASSIGNED', 'disk.percent': null },
        ],
      },
      81,
    ],
    ['nothing without the privilege', { status: 403, json: { error: { type: 'security_exception' } } }, null],
  ])('gives %s', async (_, reply, percent) => {
    cluster.on('GET /search/_cat/allocation?format=json&h=node,disk.percent', reply);

    const used = await cluster.client.searchEngine.readDiskUsedPercent();

    expect(used).toBe(percent);
  });
});
