import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startScriptedCluster, type ScriptedCluster } from './support/cluster.ts';

let cluster: ScriptedCluster;
beforeEach(async () => {
  cluster = await startScriptedCluster('8.8');
});
afterEach(() => cluster.close());

const details = [2, 1].map((part) => ({
  snapshotName: `camunda_optimize_11_8.8.0_part_${part}_of_2`,
  state: 'SUCCESS',
  startTime: '2026-11-22T11:02:07.016+0000',
  failures: [],
}));

describe('camunda/optimize: startBackup', () => {
  const trigger = 'POST /optimize/actuator/backups';

  it.each([
    [202, 'started'],
    [409, 'adopted'],
  ])('takes %i as %s', async (status, kind) => {
    cluster.on(trigger, { status, json: { message: 'Backup creation for ID 11 has been scheduled.' } });

    const answer = await cluster.client.startBackup('optimize', '11');

    expect(answer).toEqual({ kind });
  });

  it.each([
    [400, 'PartRefused'],
    [500, 'EndpointUnreachable'],
    [502, 'EndpointUnreachable'],
  ])('fails for %i with the text of the answer', async (status, code) => {
    const json = {
      errorCode: 'badRequestError',
      errorMessage: 'Bad request',
      detailedMessage: 'No repository name',
    };
    cluster.on(trigger, { status, json });

    const start = cluster.client.startBackup('optimize', '11');

    await expect(start).rejects.toMatchObject({
      code,
      message: expect.stringContaining('No repository name'),
    });
  });

  it('does not take a 200 of another shape for a start: it may be the page of a proxy', async () => {
    cluster.on(trigger, { json: [] });

    const start = cluster.client.startBackup('optimize', '11');

    await expect(start).rejects.toMatchObject({ code: 'UnexpectedAnswer' });
  });
});

describe('camunda/optimize: getBackup', () => {
  const status = 'GET /optimize/actuator/backups/11';

  it.each([
    ['both snapshots', 'COMPLETED', details, 'complete'],
    ['the word of the documentation', 'COMPLETE', details, 'complete'],
    ['one snapshot of two', 'COMPLETED', details.slice(1), 'running'],
    ['the instant between the two', 'INCOMPLETE', details.slice(1), 'starting'],
    ['a failed snapshot', 'FAILED', [{ ...details[0], state: 'FAILED' }], 'failed'],
  ])('judges %s', async (_, state, list, kind) => {
    cluster.on(status, { json: { backupId: 11, failureReason: null, state, details: list } });

    const backup = await cluster.client.getBackup('optimize', '11');

    expect(backup).toMatchObject({ part: 'optimize', kind, expectedPieces: 2 });
  });

  it('looks for the snapshots themselves where the answer has no details', async () => {
    const snapshots = details.map(({ snapshotName }) => ({
      snapshot: snapshotName,
      state: 'SUCCESS',
      indices: [],
    }));
    cluster.on(status, { json: { backupId: 11, failureReason: null, state: 'COMPLETED' } });
    cluster.on(
      'GET /search/_snapshot/camunda/camunda_optimize_11_*',
      { json: { snapshots } },
      { json: { snapshots: [] } },
    );

    const found = await cluster.client.getBackup('optimize', '11');
    const lost = await cluster.client.getBackup('optimize', '11');

    expect(found).toMatchObject({ kind: 'complete', expectedPieces: 2 });
    expect(lost.kind).toBe('running');
  });

  it('is absent for 404', async () => {
    cluster.on(status, { status: 404, json: { errorCode: 'notFoundError', errorMessage: 'Not found' } });

    const backup = await cluster.client.getBackup('optimize', '11');

    expect(backup.kind).toBe('absent');
  });
});

describe('camunda/optimize: getBackup without the endpoint', () => {
  it('does not take a path that is not there for a backup that is not there', async () => {
    const get = cluster.client.getBackup('optimize', '12');

    await expect(get).rejects.toMatchObject({ code: 'UnexpectedAnswer' });
  });
});

describe('camunda/optimize: listBackups', () => {
  it('lists what Optimize knows', async () => {
    cluster.on('GET /optimize/actuator/backups', {
      json: [{ backupId: 11, state: 'FAILED', failureReason: 'x' }],
    });

    const backups = await cluster.client.listBackups('optimize');

    expect(backups).toEqual([{ part: 'optimize', backupId: '11', foreignState: 'FAILED' }]);
  });
});
