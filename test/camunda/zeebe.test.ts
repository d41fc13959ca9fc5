import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { layout, startScriptedCluster, type ScriptedCluster } from './support/cluster.ts';

const older = 'Id of new backups must be higher than the previous one. ';
const newer =
  'The ID of new backups must be greater than the ID of previous backups that are completed, failed, or deleted.';

let cluster: ScriptedCluster;
beforeEach(async () => {
  cluster = await startScriptedCluster('8.6');
  cluster.on('GET /zeebe/actuator/cluster', layout(2));
});
afterEach(() => cluster.close());

function partition(partitionId: number, state: string, more = {}) {
  return { partitionId, state, createdAt: '2026-11-22T10:59:32.009+0000', brokerVersion: '8.6.0', ...more };
}

describe('camunda/zeebe: startBackup', () => {
  const trigger = 'POST /zeebe/actuator/backups';

  it('sends the id as a number and takes 202 as started', async () => {
    const message =
      'A backup with id 1000 has been scheduled. Use GET actuator/backups/1000 to monitor the status.';
    cluster.on(trigger, { status: 202, json: { message } });

    const answer = await cluster.client.startBackup('zeebe', '1000');

    expect(answer).toEqual({ kind: 'started' });
    expect(cluster.server.requests.find(({ line }) => line === trigger)).toMatchObject({
      body: '{"backupId":1000}',
      headers: { 'content-type': 'application/json' },
    });
  });

  it.each([
    ['older text', `Requested backup has id 1000. The latest backup has id 1000. ${older}`],
    ['newer text', `Requested backup has ID 1000. The latest backup has ID 1000. ${newer}`],
  ])('adopts its own id when it is the latest (%s)', async (_, message) => {
    cluster.on(trigger, { status: 409, json: { message } });

    const answer = await cluster.client.startBackup('zeebe', '1000');

    expect(answer).toEqual({ kind: 'adopted' });
  });

  it('refuses an id below the latest one, quoting the answer', async () => {
    const message = `Requested backup has id 999. The latest backup has id 1000. ${older}`;
    cluster.on(trigger, { status: 409, json: { message } });

    const start = cluster.client.startBackup('zeebe', '999');

    await expect(start).rejects.toMatchObject({
      code: 'PartRefused',
      message: expect.stringMatching(/The latest backup has id 1000.*a new run takes an id above 1000/),
    });
  });

  it.each([
    ['id', 400, 'A backupId must be provided and it must be > 0', 'PartRefused'],
    ['store', 400, 'No backup store is configured', 'PartRefused'],
    [
      'generated ids',
      400,
      'Cannot take backup with predetermined backupId when continuous backups',
      'PartRefused',
    ],
    ['scaling', 409, 'Cannot take backup while scaling is in progress. Please retry', 'EndpointUnreachable'],
    ['topology', 502, 'Failed to send request from gateway to broker.', 'EndpointUnreachable'],
    ['load', 503, 'RESOURCE_EXHAUSTED', 'EndpointUnreachable'],
    ['time', 504, 'Request from gateway to broker timed out. ', 'EndpointUnreachable'],
    ['fault', 500, 'java.lang.NullPointerException', 'EndpointUnreachable'],
    ['credentials', 401, 'Unauthorized', 'AccessDenied'],
    ['permission', 403, 'Forbidden', 'AccessDenied'],
  ])('tells by code whether a retry can help: %s', async (_, status, message, code) => {
    cluster.on(trigger, { status, json: { message } });

    const start = cluster.client.startBackup('zeebe', '1000');

    await expect(start).rejects.toMatchObject({ code, message: expect.stringContaining(message.trim()) });
  });

  it('refuses a backup that was taken under a generated id', async () => {
    cluster.on(trigger, { status: 202, json: { message: 'scheduled', backupId: 1732270000000 } });

    const start = cluster.client.startBackup('zeebe', '1000');

    await expect(start).rejects.toMatchObject({
      code: 'PartRefused',
      message: expect.stringContaining('1732270000000'),
    });
  });

  it('takes a cut connection as a lost answer', async () => {
    cluster.on(trigger, { resets: true });

    const start = cluster.client.startBackup('zeebe', '1000');

    await expect(start).rejects.toMatchObject({ code: 'EndpointUnreachable' });
  });

  it('never puts anything but digits into a request', async () => {
    const start = cluster.client.startBackup('zeebe', '1,"x":2');

    await expect(start).rejects.toMatchObject({ code: 'InvalidInput' });
    expect(cluster.server.linesOf('POST')).toEqual([]);
  });
});

describe('camunda/zeebe: getBackup', () => {
  const status = 'GET /zeebe/actuator/backups/1000';

  it('is complete when every partition is, in the order of partitions', async () => {
    const details = [
      partition(2, 'COMPLETED', { checkpointPosition: 12, snapshotId: '1031-1-6266-6170-0' }),
      partition(1, 'COMPLETED', {
        checkpointPosition: 11,
        snapshotId: null,
        lastUpdatedAt: '2026-11-22T10:59:33Z',
      }),
    ];
    cluster.on(status, { json: { backupId: 1000, state: 'COMPLETED', details, brandNew: true } });

    const backup = await cluster.client.getBackup('zeebe', '1000');

    expect(backup).toMatchObject({ part: 'zeebe', backupId: '1000', kind: 'complete', expectedPieces: 2 });
    expect(backup.pieces).toEqual([
      {
        name: 'partition 1',
        complete: true,
        foreignState: 'COMPLETED',
        partitionId: 1,
        checkpointPosition: 11,
        brokerVersion: '8.6.0',
      },
      {
        name: 'partition 2',
        complete: true,
        foreignState: 'COMPLETED',
        partitionId: 2,
        checkpointPosition: 12,
        snapshotId: '1031-1-6266-6170-0',
        brokerVersion: '8.6.0',
      },
    ]);
  });

  it.each([
    ['a missing partition', 'COMPLETED', [partition(1, 'COMPLETED')], 'running'],
    [
      'an unfinished partition',
      'COMPLETED',
      [partition(1, 'COMPLETED'), partition(2, 'IN_PROGRESS')],
      'running',
    ],
    ['one partition twice', 'COMPLETED', [partition(1, 'COMPLETED'), partition(1, 'COMPLETED')], 'running'],
    [
      'one partition twice beside the other',
      'COMPLETED',
      [partition(1, 'COMPLETED'), partition(2, 'COMPLETED'), partition(2, 'COMPLETED')],
      'running',
    ],
    ['no partition', 'COMPLETED', [], 'running'],
    ['work', 'IN_PROGRESS', [partition(1, 'COMPLETED'), partition(2, 'IN_PROGRESS')], 'running'],
    ['the start', 'INCOMPLETE', [partition(1, 'IN_PROGRESS'), partition(2, 'DOES_NOT_EXIST')], 'starting'],
    ['a failed partition', 'IN_PROGRESS', [partition(1, 'FAILED'), partition(2, 'IN_PROGRESS')], 'failed'],
    [
      'a word of the future',
      'ALMOST_DONE',
      [partition(1, 'COMPLETED'), partition(2, 'COMPLETED')],
      'unknown',
    ],
    [
      'a word that names a method',
      'constructor',
      [partition(1, 'COMPLETED'), partition(2, 'COMPLETED')],
      'unknown',
    ],
    ['a deleted backup', 'DELETED', [partition(1, 'COMPLETED'), partition(2, 'COMPLETED')], 'failed'],
  ])('judges %s', async (_, state, details, kind) => {
    cluster.on(status, { json: { backupId: 1000, state, details } });

    const backup = await cluster.client.getBackup('zeebe', '1000');

    expect(backup).toMatchObject({ kind, foreignState: state });
  });

  it('shows the reason of a failure word for word', async () => {
    const failureReason =
      'Backup on partition 2 failed due to Backup is cancelled due to leader change.. Backup on partition 1 failed';
    const details = [partition(1, 'FAILED', { failureReason: 'leader change' }), partition(2, 'FAILED')];
    cluster.on(status, { json: { backupId: 1000, state: 'FAILED', failureReason, details } });

    const backup = await cluster.client.getBackup('zeebe', '1000');

    expect(backup).toMatchObject({ kind: 'failed', failureReason });
    expect(backup.pieces[0]).toMatchObject({ failure: 'leader change' });
  });

  it('changes its progress mark with any partition, and only then', async () => {
    const first = [
      partition(1, 'IN_PROGRESS', { lastUpdatedAt: '2026-11-22T10:59:32.009+0000' }),
      partition(2, 'IN_PROGRESS'),
    ];
    const touched = [
      partition(1, 'IN_PROGRESS', { lastUpdatedAt: '2026-11-22T10:59:34.009+0000' }),
      partition(2, 'IN_PROGRESS'),
    ];
    const answers = [first, first.toReversed(), touched].map((details) => ({
      json: { backupId: 1000, state: 'IN_PROGRESS', details },
    }));
    cluster.on(status, ...answers);

    const marks: string[] = [];
    for (let poll = 0; poll < 3; poll++)
      marks.push((await cluster.client.getBackup('zeebe', '1000')).progressMark);

    expect(marks[1]).toBe(marks[0]);
    expect(marks[2]).not.toBe(marks[0]);
    expect(marks[0]).toMatch(/^IN_PROGRESS: 2 IN_PROGRESS #/);
  });

  it.each([
    ['404', { status: 404, json: { message: 'Backup with id 1000 does not exist' } }],
    ['200 of old gateways', { json: { backupId: 1000, state: 'DOES_NOT_EXIST', details: [] } }],
  ])('is absent for %s', async (_, reply) => {
    cluster.on(status, reply);

    const backup = await cluster.client.getBackup('zeebe', '1000');

    expect(backup).toMatchObject({ kind: 'absent', pieces: [] });
  });

  it('looks into the list where single ids have no path', async () => {
    const backups = [{ backupId: 1000, state: 'IN_PROGRESS', details: [partition(1, 'IN_PROGRESS')] }];
    cluster.on('GET /zeebe/actuator/backups', { json: backups });

    const listed = await cluster.client.getBackup('zeebe', '1000');
    const unlisted = await cluster.client.getBackup('zeebe', '1001');

    expect(listed).toMatchObject({ kind: 'running' });
    expect(unlisted).toMatchObject({ kind: 'absent' });
  });

  it.each([
    [
      'store down',
      500,
      'software.amazon.awssdk.core.exception.SdkClientException: Connection refused',
      'EndpointUnreachable',
    ],
    ['no store', 400, 'No backup store is configured', 'PartRefused'],
  ])('fails for %s with the text of the answer', async (_, code, message, expected) => {
    cluster.on(status, { status: code, json: { message } });

    const get = cluster.client.getBackup('zeebe', '1000');

    await expect(get).rejects.toMatchObject({ code: expected, message: expect.stringContaining(message) });
  });

  it('counts on the word of the component where the number of partitions is not known', async () => {
    cluster.on('GET /zeebe/actuator/cluster', { status: 404, text: '' });
    cluster.on(status, {
      json: { backupId: 1000, state: 'COMPLETED', details: [partition(1, 'COMPLETED')] },
    });

    const backup = await cluster.client.getBackup('zeebe', '1000');

    expect(backup.kind).toBe('complete');
    expect(backup.expectedPieces).toBeUndefined();
  });
});

describe('camunda/zeebe: listBackups', () => {
  it('lists sparse entries, and ids beyond 2^53 as they came', async () => {
    const text = `[{"backupId":9223372036854775807,"state":"COMPLETED","details":[{"partitionId":1,"state":"COMPLETED"}]},
      {"backupId":1000,"state":"FAILED"}]`;
    cluster.on('GET /zeebe/actuator/backups', { text, type: 'application/json' });

    const backups = await cluster.client.listBackups('zeebe');

    expect(backups).toEqual([
      { part: 'zeebe', backupId: '9223372036854775807', foreignState: 'COMPLETED' },
      { part: 'zeebe', backupId: '1000', foreignState: 'FAILED' },
    ]);
  });

  it('names deleted ids that the checkpoints remember', async () => {
    const newer = await startScriptedCluster('8.8');
    newer.on('GET /zeebe/actuator/backupRuntime', { json: [{ backupId: 1000, state: 'COMPLETED' }] });
    const checkpointStates = [1000, 1007, 1007].map((checkpointId, index) => ({
      partitionId: index,
      checkpointId,
    }));
    newer.on('GET /zeebe/actuator/backupRuntime/state', {
      json: { checkpointStates, backupStates: [], ranges: [] },
    });

    const backups = await newer.client.listBackups('zeebe');
    await newer.close();

    expect(backups.map(({ backupId, foreignState }) => [backupId, foreignState])).toEqual([
      ['1000', 'COMPLETED'],
      ['1007', 'CHECKPOINT'],
    ]);
  });
});
