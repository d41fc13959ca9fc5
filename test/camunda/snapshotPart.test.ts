import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startScriptedCluster, type ScriptedCluster } from './support/cluster.ts';

const name = 'camunda_zeebe_records_backup_1001';
const trigger = `PUT /search/_snapshot/camunda/${name}?wait_for_completion=false`;
const status = `GET /search/_snapshot/camunda/${name}`;

let cluster: ScriptedCluster;
beforeEach(async () => {
  cluster = await startScriptedCluster('8.6');
  cluster.on('GET /search/_cat/indices/zeebe-record*?format=json&h=index,creation.date', {
    json: [{ index: 'zeebe-record_job_8.6.0_2026-11-22', 'creation.date': '1795345172009' }],
  });
  cluster.on('GET /search/_cluster/health', { json: { status: 'green' } });
  cluster.on('GET /search/', { json: { version: { number: '2.19.1', distribution: 'opensearch' } } });
});
afterEach(() => cluster.close());

const error = (code: number, type: string, reason = type) => ({
  status: code,
  json: { error: { type, reason }, status: code },
});

describe('camunda/snapshotPart: startBackup', () => {
  it.each([
    ['opensearch', { number: '2.19.1', distribution: 'opensearch' }, { indices: 'zeebe-record*' }],
    ['elasticsearch', { number: '8.16.0' }, { indices: 'zeebe-record*', feature_states: ['none'] }],
  ])('takes a snapshot as %s wants it', async (_, version, body) => {
    cluster.on('GET /search/', { json: { version } });
    cluster.on(trigger, { json: { accepted: true } });

    const answer = await cluster.client.startBackup('zeebe-records', '1001');

    expect(answer).toEqual({ kind: 'started' });
    expect(JSON.parse(cluster.server.requests.find(({ line }) => line === trigger)?.body ?? '')).toEqual(
      body,
    );
  });

  it('takes every index of the applications in the config and of the records as `indices`', async () => {
    const all = 'operate*,tasklist*,optimize*,zeebe-record*';
    const ofIndices = 'PUT /search/_snapshot/camunda/camunda_indices_backup_1001?wait_for_completion=false';
    cluster.on(`GET /search/_cat/indices/${all}?format=json&h=index,creation.date`, {
      json: [{ index: 'operate-event-8.3.0_', 'creation.date': '1795345172009' }],
    });
    cluster.on(ofIndices, { json: { accepted: true } });

    const answer = await cluster.client.startBackup('indices', '1001');

    expect(answer).toEqual({ kind: 'started' });
    expect(JSON.parse(cluster.server.requests.find(({ line }) => line === ofIndices)?.body ?? '')).toEqual({
      indices: all,
    });
  });

  it('does not take a 200 of another shape for a start: it may be the page of a proxy', async () => {
    cluster.on(trigger, { json: { status: 'UP' } });

    const start = cluster.client.startBackup('zeebe-records', '1001');

    await expect(start).rejects.toMatchObject({ code: 'UnexpectedAnswer' });
  });

  it('refuses when no index matches: the snapshot would hold all indices', async () => {
    cluster.on('GET /search/_cat/indices/zeebe-record*?format=json&h=index,creation.date', { json: [] });

    const start = cluster.client.startBackup('zeebe-records', '1001');

    await expect(start).rejects.toMatchObject({ code: 'PartRefused' });
    expect(cluster.server.linesOf('PUT')).toEqual([]);
  });

  it.each([
    [
      'finished',
      error(
        400,
        'invalid_snapshot_name_exception',
        'Invalid snapshot name [x], snapshot with the same name already exists',
      ),
    ],
    [
      'running (OpenSearch 2.19)',
      error(
        400,
        'invalid_snapshot_name_exception',
        'Invalid snapshot name [x], snapshot with the same name is already in-progress',
      ),
    ],
    ['running', error(400, 'snapshot_name_already_in_use_exception')],
  ])('adopts its own snapshot that is there already, %s', async (_, reply) => {
    cluster.on(trigger, reply);

    const answer = await cluster.client.startBackup('zeebe-records', '1001');

    expect(answer).toEqual({ kind: 'adopted' });
  });

  it.each([
    [error(404, 'repository_missing_exception', '[camunda] missing'), 'PartRefused'],
    [error(503, 'concurrent_snapshot_execution_exception'), 'EndpointUnreachable'],
    [error(400, 'concurrent_snapshot_execution_exception'), 'EndpointUnreachable'],
    [error(500, 'snapshot_exception'), 'EndpointUnreachable'],
    [error(403, 'security_exception'), 'AccessDenied'],
  ])('tells whether a retry can help', async (reply, code) => {
    cluster.on(trigger, reply);

    const start = cluster.client.startBackup('zeebe-records', '1001');

    await expect(start).rejects.toMatchObject({
      code,
      message: expect.stringContaining(reply.json.error.reason),
    });
  });
});

describe('camunda/snapshotPart: getBackup', () => {
  const snapshot = (state: string, more = {}) => ({
    json: { snapshots: [{ snapshot: name, state, indices: ['zeebe-record_job'], failures: [], ...more }] },
  });

  it.each([
    ['SUCCESS', 'complete'],
    ['PARTIAL', 'failed'],
    ['FAILED', 'failed'],
    ['IN_PROGRESS', 'running'],
    ['CLONING', 'unknown'],
  ])('takes %s as %s', async (state, kind) => {
    cluster.on(status, snapshot(state, { reason: state === 'FAILED' ? 'Indices closed' : undefined }));

    const backup = await cluster.client.getBackup('zeebe-records', '1001');

    expect(backup).toMatchObject({ part: 'zeebe-records', kind, foreignState: state, expectedPieces: 1 });
    expect(backup.failureReason).toBe(state === 'FAILED' ? 'Indices closed' : undefined);
  });

  it('changes its progress mark with the shards that are done', async () => {
    const progress = (done: number) => ({
      json: {
        snapshots: [{ snapshot: name, state: 'STARTED', shards_stats: { done, total: 3 }, stats: {} }],
      },
    });
    cluster.on(status, snapshot('IN_PROGRESS'));
    cluster.on(`${status}/_status`, progress(1), progress(1), progress(2));

    const marks: string[] = [];
    for (let poll = 0; poll < 3; poll++) {
      marks.push((await cluster.client.getBackup('zeebe-records', '1001')).progressMark);
    }

    expect(marks[1]).toBe(marks[0]);
    expect(marks[2]).not.toBe(marks[1]);
  });

  it('is absent without the snapshot, but not without the repository', async () => {
    cluster.on(status, error(404, 'snapshot_missing_exception'), error(404, 'repository_missing_exception'));

    const backup = await cluster.client.getBackup('zeebe-records', '1001');
    const get = cluster.client.getBackup('zeebe-records', '1001');

    expect(backup.kind).toBe('absent');
    await expect(get).rejects.toMatchObject({ code: 'SnapshotFailed' });
  });
});

describe('camunda/snapshotPart: listBackups', () => {
  it('lists snapshots by the id in their name', async () => {
    const snapshots = [
      { snapshot: name, state: 'SUCCESS' },
      { snapshot: 'camunda_zeebe_records_backup_by-hand', state: 'SUCCESS' },
    ];
    cluster.on('GET /search/_snapshot/camunda/camunda_zeebe_records_backup_*', { json: { snapshots } });

    const backups = await cluster.client.listBackups('zeebe-records');

    expect(backups).toEqual([{ part: 'zeebe-records', backupId: '1001', foreignState: 'SUCCESS' }]);
  });
});
