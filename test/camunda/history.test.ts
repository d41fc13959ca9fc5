import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startScriptedCluster, type ScriptedCluster } from './support/cluster.ts';

let older: ScriptedCluster;
let newer: ScriptedCluster;
beforeEach(async () => {
  [older, newer] = await Promise.all([startScriptedCluster('8.6'), startScriptedCluster('8.8')]);
});
afterEach(() => Promise.all([older.close(), newer.close()]));

function parts(...states: string[]) {
  return states.map((state, index) => ({
    snapshotName: `camunda_operate_1001_8.6.0_part_${index + 1}_of_6`,
    state,
    startTime: '2026-11-22T11:02:07.016+0000',
    failures: null,
  }));
}

const allDone = parts('SUCCESS', 'SUCCESS', 'SUCCESS', 'SUCCESS', 'SUCCESS', 'SUCCESS');

describe('camunda/history: startBackup', () => {
  const trigger = 'POST /operate/actuator/backups';
  const message = 'A backup with ID [1001] already exists. Found snapshots: [8Zx, 9Yy]';

  it('keeps the names of the scheduled snapshots', async () => {
    const scheduledSnapshots = allDone.map(({ snapshotName }) => snapshotName);
    older.on(trigger, { json: { scheduledSnapshots } });

    const answer = await older.client.startBackup('operate', '1001');

    expect(answer).toEqual({ kind: 'started', scheduledSnapshots });
  });

  it('starts Operate and Tasklist as one part from 8.8 on', async () => {
    newer.on('POST /webapps/actuator/backupHistory', {
      json: { scheduledSnapshots: ['camunda_webapps_1001_8.8.0_part_1_of_5'] },
    });

    const answer = await newer.client.startBackup('webapps', '1001');

    expect(answer.kind).toBe('started');
  });

  it.each([
    [400, { status: 400, message, instance: 'a-b', type: 'Invalid request' }],
    [409, { type: 'about:blank', title: 'Conflict', status: 409, detail: message }],
  ])('adopts its own id that exists already (%i)', async (status, json) => {
    older.on(trigger, { status, json });

    const answer = await older.client.startBackup('operate', '1001');

    expect(answer).toEqual({ kind: 'adopted' });
  });

  it.each([
    ['another one running', 400, 'Another backup is running at the moment', 'EndpointUnreachable'],
    ['another one running, REST', 409, 'A backup is in progress already', 'EndpointUnreachable'],
    [
      'search engine down',
      400,
      'Exception occurred when validating existence of repository with name [camunda].',
      'EndpointUnreachable',
    ],
    ['no connection', 502, 'Encountered an error connecting to Elasticsearch', 'EndpointUnreachable'],
    ['missing indices', 500, 'Missing required indices: operate-flownode', 'EndpointUnreachable'],
    ['id', 400, 'BackupId must be a positive integer', 'PartRefused'],
    [
      'no repository',
      400,
      'Cannot trigger backup because no Elasticsearch snapshot repository name found',
      'PartRefused',
    ],
    ['repository not registered', 404, 'No repository with name [camunda] could be found.', 'PartRefused'],
    ['another id exists', 400, 'A backup with ID [1002] already exists.', 'PartRefused'],
  ])('tells by the text whether a retry can help: %s', async (_, status, text, code) => {
    older.on(trigger, { status, json: { status, message: text } });

    const start = older.client.startBackup('operate', '1001');

    await expect(start).rejects.toMatchObject({ code, message: expect.stringContaining(text) });
  });
});

describe('camunda/history: getBackup', () => {
  const status = 'GET /operate/actuator/backups/1001';

  it('does not take the answer about another backup for its own', async () => {
    older.on(status, { json: { backupId: 1000, state: 'COMPLETED', details: allDone } });

    const backup = older.client.getBackup('operate', '1001');

    await expect(backup).rejects.toMatchObject({ code: 'UnexpectedAnswer' });
  });

  it('is complete when every snapshot is, in the order of parts', async () => {
    const details = allDone.toReversed();
    older.on(status, { json: { backupId: 1001, state: 'COMPLETED', failureReason: null, details } });

    const backup = await older.client.getBackup('operate', '1001');

    expect(backup).toMatchObject({ part: 'operate', backupId: '1001', kind: 'complete', expectedPieces: 6 });
    expect(backup.pieces.map(({ name }) => name)).toEqual(allDone.map(({ snapshotName }) => snapshotName));
  });

  it.each([
    ['a missing snapshot', 'COMPLETED', allDone.slice(1), 'running'],
    ['one snapshot too many', 'COMPLETED', [...allDone, { ...allDone[0], snapshotName: 'other' }], 'running'],
    ['one snapshot twice', 'COMPLETED', [...allDone.slice(1), allDone[1]], 'running'],
    ['no snapshots', 'COMPLETED', [], 'running'],
    [
      'a partial snapshot',
      'COMPLETED',
      parts('SUCCESS', 'PARTIAL', 'SUCCESS', 'SUCCESS', 'SUCCESS', 'SUCCESS'),
      'failed',
    ],
    ['a failed snapshot', 'IN_PROGRESS', parts('SUCCESS', 'FAILED'), 'failed'],
    [
      'a snapshot of unknown state',
      'COMPLETED',
      parts('SUCCESS', 'SUCCESS', 'SUCCESS', 'SUCCESS', 'SUCCESS', 'MOSTLY'),
      'running',
    ],
    ['the time between two parts', 'INCOMPLETE', parts('SUCCESS', 'SUCCESS'), 'starting'],
    ['another version', 'INCOMPATIBLE', allDone, 'failed'],
    ['a word of the future', 'DREAMING', allDone, 'unknown'],
  ])('judges %s', async (_, state, details, kind) => {
    older.on(status, { json: { backupId: 1001, state, failureReason: null, details } });

    const backup = await older.client.getBackup('operate', '1001');

    expect(backup).toMatchObject({ kind, foreignState: state });
  });

  it('changes its progress mark with each finished snapshot', async () => {
    const answers = [parts('SUCCESS'), parts('SUCCESS', 'IN_PROGRESS'), parts('SUCCESS', 'SUCCESS')].map(
      (details) => ({
        json: { backupId: 1001, state: 'INCOMPLETE', failureReason: null, details },
      }),
    );
    older.on(status, ...answers);

    const marks = new Set<string>();
    for (let poll = 0; poll < 3; poll++)
      marks.add((await older.client.getBackup('operate', '1001')).progressMark);

    expect(marks.size).toBe(3);
  });

  it('shows failures, whether texts or objects', async () => {
    const details = [
      { ...parts('FAILED')[0], failures: ['shard 0 lost'] },
      { ...allDone[1], failures: [] },
      { ...allDone[2], state: 'PARTIAL', failures: [{ index: 'operate-x', reason: 'disk full' }] },
    ];
    older.on(status, { json: { backupId: 1001, state: 'FAILED', failureReason: 'part 1 failed', details } });

    const backup = await older.client.getBackup('operate', '1001');

    expect(backup).toMatchObject({ kind: 'failed', failureReason: 'part 1 failed' });
    expect(backup.pieces.map(({ failure }) => failure)).toEqual([
      'shard 0 lost',
      undefined,
      '{"index":"operate-x","reason":"disk full"}',
    ]);
  });

  it.each([
    ['documented', 404],
    ['Tasklist 8.6 and 8.7', 500],
    ['Operate 8.7', 400],
  ])('is absent by the text of the answer: %s', async (_, code) => {
    const text = JSON.stringify(
      { status: code, message: 'No backup with id [1001] found.', instance: 'a-b' },
      null,
      2,
    );
    older.on(status, { status: code, text, type: 'application/json' });

    const backup = await older.client.getBackup('operate', '1001');

    expect(backup).toMatchObject({ kind: 'absent', pieces: [] });
  });

  it.each([
    [
      'search engine down, Tasklist',
      502,
      'Encountered an error connecting to Elasticsearch',
      'EndpointUnreachable',
    ],
    ['repository not registered', 404, 'No repository with name [camunda] could be found.', 'PartRefused'],
  ])('is not absent for %s', async (_, code, text, expected) => {
    older.on(status, { status: code, json: { status: code, message: text } });

    const get = older.client.getBackup('operate', '1001');

    await expect(get).rejects.toMatchObject({ code: expected, message: expect.stringContaining(text) });
  });

  describe('while Operate cannot read its own backup', () => {
    const message = 'Exception occurred when searching for backup with ID [1001].';
    const list = 'GET /search/_snapshot/camunda/camunda_operate_1001_*';
    const names = allDone.map(({ snapshotName }) => snapshotName);
    const snapshots = (...states: string[]) => ({
      json: { snapshots: states.map((state, index) => ({ snapshot: names[index], state, indices: [] })) },
    });

    beforeEach(() => {
      older.on(status, { status: 400, json: { status: 400, message, type: 'Invalid request' } });
    });

    it('sees in the search engine that a snapshot runs, and how far', async () => {
      const progress = (done: number) => ({
        json: { snapshots: [{ snapshot: names[1], state: 'STARTED', shards_stats: { done, total: 9 } }] },
      });
      older.on(list, snapshots('SUCCESS', 'IN_PROGRESS'));
      older.on(`GET /search/_snapshot/camunda/${names[1]}/_status`, progress(3), progress(4));

      const first = await older.client.getBackup('operate', '1001');
      const second = await older.client.getBackup('operate', '1001');

      expect(first).toMatchObject({
        part: 'operate',
        kind: 'running',
        foreignState: 'IN_PROGRESS',
        expectedPieces: 6,
      });
      expect(second.progressMark).not.toBe(first.progressMark);
    });

    it.each([
      ['no snapshot runs', snapshots('SUCCESS', 'SUCCESS', 'SUCCESS', 'SUCCESS', 'SUCCESS', 'SUCCESS')],
      ['there are none', snapshots()],
    ])('asks again later when %s', async (_, reply) => {
      older.on(list, reply);

      const get = older.client.getBackup('operate', '1001');

      await expect(get).rejects.toMatchObject({
        code: 'EndpointUnreachable',
        message: expect.stringContaining(message),
      });
    });

    it('fails as unreachable when the search engine is down', async () => {
      older.on(list, { resets: true });

      const get = older.client.getBackup('operate', '1001');

      await expect(get).rejects.toMatchObject({ code: 'EndpointUnreachable' });
    });
  });

  it('does not take a path that is not there for a backup that is not there', async () => {
    const get = older.client.getBackup('operate', '1001');

    await expect(get).rejects.toMatchObject({ code: 'UnexpectedAnswer' });
  });
});

describe('camunda/history: listBackups', () => {
  it('asks for states, which newer builds leave out otherwise', async () => {
    newer.on('GET /webapps/actuator/backupHistory?verbose=true', {
      json: [{ backupId: 1001, state: 'COMPLETED', failureReason: null, details: allDone }],
    });

    const backups = await newer.client.listBackups('webapps');

    expect(backups).toEqual([{ part: 'webapps', backupId: '1001', foreignState: 'COMPLETED' }]);
  });

  it('refuses a part that this generation does not have', async () => {
    const list = newer.client.listBackups('operate');

    await expect(list).rejects.toMatchObject({ code: 'InvalidConfig' });
  });
});
