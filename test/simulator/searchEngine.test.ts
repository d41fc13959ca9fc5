import { describe, expect, it } from '@jest/globals';
import { call, until } from './support/call.ts';
import { simulators } from './support/simulators.ts';

const start = simulators();
const records = 'camunda_zeebe_records_backup_1000';

describe('simulator/searchEngine: what runs and what is there', () => {
  it('is OpenSearch with 8.6 and Elasticsearch with 8.8', async () => {
    const [old, current] = [await start({ profile: '8.6' }), await start({ profile: '8.8' })];

    const answers = await Promise.all([old, current].map(({ urls }) => call('GET', `${urls.searchEngine}/`)));
    const health = await call('GET', `${old.urls.searchEngine}/_cluster/health`);

    expect(answers[0]?.body).toMatchObject({ version: { distribution: 'opensearch', number: '2.19.1' } });
    expect(answers[1]?.body).toMatchObject({
      version: { number: '8.17.4' },
      tagline: 'You Know, for Search',
    });
    expect(health.body).toMatchObject({ status: 'green', timed_out: false });
  });

  it('lists indices by pattern and column, and disk use', async () => {
    const { urls } = await start({ profile: '8.6' });

    const some = await call(
      'GET',
      `${urls.searchEngine}/_cat/indices/zeebe-record*,operate-process*?format=json&h=index`,
    );
    const none = await call('GET', `${urls.searchEngine}/_cat/indices/other*?format=json`);
    const missing = await call('GET', `${urls.searchEngine}/_cat/indices/other?format=json`);
    const disk = await call('GET', `${urls.searchEngine}/_cat/allocation?format=json`);

    const names = (some.body as Record<string, string>[]).map((row) => row['index']);
    expect(names).toContain('operate-process-8.3.0_');
    expect(names.filter((name) => name?.startsWith('zeebe-record_'))).toHaveLength(5);
    expect(Object.keys((some.body as object[])[0] ?? {})).toEqual(['index']);
    expect(none).toMatchObject({ status: 200, body: [] });
    expect(missing).toMatchObject({ status: 404, body: { error: { type: 'index_not_found_exception' } } });
    expect(disk.body).toMatchObject([{ node: 'node-1', 'disk.percent': '41' }]);
  });

  it('has no record indices where neither 8.6 nor Optimize needs them', async () => {
    const { urls } = await start({ profile: '8.8', optimize: false });

    const { body } = await call('GET', `${urls.searchEngine}/_cat/indices/zeebe-record*?format=json`);

    expect(body).toEqual([]);
    expect(urls.optimize).toBeUndefined();
  });

  it('registers, shows and verifies repositories', async () => {
    const { urls } = await start({ profile: '8.6' });
    const repositories = `${urls.searchEngine}/_snapshot`;
    const fs = { type: 'fs', settings: { location: 'here' } };

    const missing = await call('GET', `${repositories}/other`);
    const registered = await call('PUT', `${repositories}/other`, { body: fs });
    const shown = await call('GET', `${repositories}/other`);
    const verified = await call('POST', `${repositories}/other/_verify`);
    await call('PUT', `${repositories}/camunda/one`, { body: { indices: 'zeebe-record*' } });
    const others = await call('GET', `${repositories}/other/_all`);

    expect(missing).toMatchObject({ status: 404, body: { error: { type: 'repository_missing_exception' } } });
    expect(registered.body).toEqual({ acknowledged: true });
    expect(others.body).toMatchObject({ snapshots: [] });
    expect(shown.body).toEqual({ other: fs });
    expect(verified).toMatchObject({ status: 200, body: { nodes: expect.any(Object) } });
  });
});

describe('simulator/searchEngine: snapshots', () => {
  it('takes a snapshot of the records and waits for it when asked', async () => {
    const { urls } = await start({ profile: '8.6', partMs: 60 });
    const snapshot = `${urls.searchEngine}/_snapshot/camunda/${records}`;
    const body = { indices: 'zeebe-record*' };

    const taken = await call('PUT', `${snapshot}?wait_for_completion=true`, { body });
    const again = await call('PUT', snapshot, { body });
    const shown = await call('GET', snapshot);
    const removed = await call('DELETE', snapshot);
    const missing = await call('GET', snapshot);
    const none = await call('GET', `${urls.searchEngine}/_snapshot/camunda/camunda_*`);

    const whole = { snapshot: records, state: 'SUCCESS', shards: { total: 5, failed: 0, successful: 5 } };
    expect(taken.body).toMatchObject({ snapshot: whole });
    expect(again).toMatchObject({
      status: 400,
      body: {
        error: { reason: expect.stringContaining('snapshot with the same name already exists') },
      },
    });
    expect(shown.body).toMatchObject({ snapshots: [whole], total: 1, remaining: 0 });
    expect(removed.body).toEqual({ acknowledged: true });
    expect(missing).toMatchObject({ status: 404, body: { error: { type: 'snapshot_missing_exception' } } });
    expect(none).toMatchObject({ status: 200, body: { snapshots: [] } });
  });

  it('shows what runs now', async () => {
    const { urls } = await start({ profile: '8.8', partMs: 200 });
    const repository = `${urls.searchEngine}/_snapshot/camunda`;

    const accepted = await call('PUT', `${repository}/${records}`, { body: { indices: 'zeebe-record*' } });
    const [current, status] = await Promise.all([
      call('GET', `${repository}/_current`),
      call('GET', `${urls.searchEngine}/_snapshot/_status`),
    ]);
    const idle = await until(
      () => call('GET', `${repository}/_current`),
      ({ body }) => (body as { total: number }).total === 0,
    );

    expect(accepted.body).toEqual({ accepted: true });
    expect(current.body).toMatchObject({ snapshots: [{ snapshot: records, state: 'IN_PROGRESS' }] });
    expect(status.body).toMatchObject({ snapshots: [{ snapshot: records, state: 'STARTED' }] });
    expect(idle.body).toMatchObject({ snapshots: [] });
  });

  it('takes every index when none is named, as the real one does', async () => {
    const simulator = await start({ profile: '8.8', partMs: 0 });
    const path = `${simulator.urls.searchEngine}/_snapshot/camunda/all?wait_for_completion=true`;

    const { body } = await call('PUT', path, { body: { indices: [] } });

    expect((body as { snapshot: { indices: string[] } }).snapshot.indices).toEqual(simulator.liveIndices());
  });

  it('OpenSearch does not know feature_states', async () => {
    const { urls } = await start({ profile: '8.6' });

    const { status } = await call('PUT', `${urls.searchEngine}/_snapshot/camunda/${records}`, {
      body: { indices: 'zeebe-record*', feature_states: ['none'] },
    });

    expect(status).toBe(400);
  });
});

describe('simulator/searchEngine: newest record of a partition', () => {
  it('finds it by sorted search and by aggregation, and not beyond the last refresh', async () => {
    const simulator = await start({ profile: '8.6', loadPerSecond: 0, partitions: 3 });
    const index = `${simulator.urls.searchEngine}/zeebe-record*`;
    const search = (body: unknown) => call('POST', `${index}/_search`, { body });

    await call('POST', `${index}/_refresh`);
    const byTerm = await search({
      size: 1,
      sort: [{ position: 'desc' }],
      query: { term: { partitionId: 2 } },
    });
    const others = await search({
      size: 1,
      query: { bool: { must_not: [{ terms: { partitionId: [1, 2] } }] } },
    });
    const byMax = await search({
      size: 0,
      aggs: { p: { terms: { field: 'partitionId' }, aggs: { m: { max: { field: 'position' } } } } },
    });
    const unknown = await search({ query: { fuzzy: { position: 1 } } });

    expect(byTerm.body).toMatchObject({
      hits: { hits: [{ _source: { partitionId: 2, position: 1000 }, sort: [1000] }] },
    });
    expect(others.body).toMatchObject({ hits: { hits: [{ _source: { partitionId: 3 } }] } });
    expect(byMax.body).toMatchObject({
      hits: { hits: [] },
      aggregations: { p: { buckets: [1, 2, 3].map((key) => ({ key, m: { value: 1000 } })) } },
    });
    expect(unknown.status).toBe(400);
  });

  it('is stale without a refresh', async () => {
    const simulator = await start({ profile: '8.6', loadPerSecond: 3000, flushDelayMs: 10 });
    const index = `${simulator.urls.searchEngine}/zeebe-record*`;
    const newest = async () => {
      const { body } = await call('POST', `${index}/_search`, {
        body: { size: 1, sort: [{ position: 'desc' }] },
      });
      return (
        (body as { hits: { hits: { _source: { position: number } }[] } }).hits.hits[0]?._source.position ?? 0
      );
    };
    await until(
      () => simulator.exporting()[0]?.heldPosition ?? 0,
      (held) => held > 1200,
    );

    const stale = await newest();
    await call('POST', `${index}/_refresh`);
    const fresh = await newest();
    const all = await call('POST', `${index}/_search`, { body: { sort: [{ position: 'desc' }] } });

    expect(stale).toBe(1000);
    expect(fresh).toBeGreaterThan(1190);
    const { hits } = (all.body as { hits: { hits: { sort: number[] }[] } }).hits;
    const positions = hits.map(({ sort }) => sort[0] ?? 0);
    expect(positions).toHaveLength(2);
    expect(positions).toEqual(positions.toSorted((a, b) => b - a));
  });
});

describe('simulator/searchEngine: faults', () => {
  it('repositoryMissing, repositoryBroken, snapshotRunning, searchEngineStatus, diskUsed', async () => {
    const { urls, faults } = await start({ profile: '8.6' });
    const repository = `${urls.searchEngine}/_snapshot/camunda`;
    faults.add({ state: 'repositoryBroken' });
    faults.add({ state: 'snapshotRunning', name: 'nightly', repository: 'other' });
    faults.add({ state: 'searchEngineStatus', status: 'red' });
    faults.add({ state: 'diskUsed', percent: 97 });

    const broken = await call('POST', `${repository}/_verify`);
    const running = await call('GET', `${urls.searchEngine}/_snapshot/_all/_current`);
    const health = await call('GET', `${urls.searchEngine}/_cluster/health`);
    const disk = await call('GET', `${urls.searchEngine}/_cat/allocation?format=json`);
    faults.add({ state: 'repositoryMissing' });
    const missing = await call('GET', repository);
    const refused = await call('POST', `${urls.operate}/actuator/backups`, { body: { backupId: 1 } });

    expect(broken).toMatchObject({
      status: 500,
      body: { error: { type: 'repository_verification_exception' } },
    });
    expect(running.body).toMatchObject({ snapshots: [{ snapshot: 'nightly', repository: 'other' }] });
    expect(health.body).toMatchObject({ status: 'red' });
    expect(disk.body).toMatchObject([{ 'disk.percent': '97' }]);
    expect(missing.status).toBe(404);
    expect(refused).toMatchObject({
      status: 404,
      body: { message: 'No repository with name [camunda] could be found.' },
    });
  });

  it.each([
    [{ state: 'partFails', part: 'zeebe-records' } as const, 'FAILED'],
    [{ state: 'pieceNotWhole', part: 'zeebe-records' } as const, 'PARTIAL'],
  ])('%j', async (fault, state) => {
    const { urls, faults } = await start({ profile: '8.8', partMs: 0 });
    faults.add(fault);

    const { body } = await call(
      'PUT',
      `${urls.searchEngine}/_snapshot/camunda/${records}?wait_for_completion=true`,
      {
        body: { indices: 'zeebe-record*' },
      },
    );

    expect(body).toMatchObject({
      snapshot: { state, shards: { failed: 1 }, failures: [{ reason: expect.any(String) }] },
    });
  });

  it('searchEngineDown breaks connections, and the applications say so each in its way', async () => {
    const { urls, faults } = await start({ profile: '8.6' });
    faults.add({ state: 'searchEngineDown' });

    const engine = await call('GET', `${urls.searchEngine}/`).catch((error: unknown) => error);
    const operate = await call('GET', `${urls.operate}/actuator/backups/1`);
    const tasklist = await call('GET', `${urls.tasklist}/actuator/backups/1`);
    const health = await call('GET', `${urls.operate}/actuator/health`);

    expect(engine).toMatchObject({ name: 'TypeError' });
    expect(operate).toMatchObject({
      status: 400,
      body: { message: 'Exception occurred when searching for backup with ID [1].' },
    });
    expect(tasklist.status).toBe(502);
    expect(health.status).toBe(503);
  });
});
