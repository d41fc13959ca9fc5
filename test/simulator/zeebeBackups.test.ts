import { describe, expect, it } from '@jest/globals';
import { call, stateOf, until } from './support/call.ts';
import { simulators } from './support/simulators.ts';

const start = simulators();
const zoned = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);

describe('simulator/zeebeBackups: answers as captured from 8.6.0', () => {
  it('goes from 404 over INCOMPLETE and IN_PROGRESS to COMPLETED', async () => {
    const { urls } = await start({ profile: '8.6', partMs: 800 });
    const backup = `${urls.zeebe}/actuator/backups/1000`;

    const accepted = await call('POST', `${urls.zeebe}/actuator/backups`, { body: { backupId: 1000 } });
    const states: unknown[] = [];
    await until(
      async () => states[states.push(await stateOf(backup)) - 1],
      (state) => state === 'COMPLETED',
    );

    expect(accepted).toMatchObject({
      status: 202,
      body: {
        message:
          'A backup with id 1000 has been scheduled. Use GET actuator/backups/1000 to monitor the status.',
      },
    });
    expect(states.filter((state, i) => state !== states[i - 1])).toEqual([
      404,
      'INCOMPLETE',
      'IN_PROGRESS',
      'COMPLETED',
    ]);
  });

  it('tells every detail of one backup and few in the list, partition 2 first', async () => {
    const { urls } = await start({ profile: '8.6', partMs: 0, loadPerSecond: 0 });
    const backups = `${urls.zeebe}/actuator/backups`;
    await call('POST', backups, { body: { backupId: 1000 } });

    const one = await call('GET', `${backups}/1000`);
    const list = await call('GET', backups);

    const sparse = { state: 'COMPLETED', createdAt: zoned, brokerVersion: '8.6.0' };
    const full = {
      ...sparse,
      lastUpdatedAt: zoned,
      snapshotId: '166-1-1000-1000-0',
      checkpointPosition: 1001,
    };
    expect(one.body).toEqual({
      backupId: 1000,
      state: 'COMPLETED',
      details: [
        { partitionId: 2, ...full },
        { partitionId: 1, ...full },
      ],
    });
    expect(list.body).toEqual([
      {
        backupId: 1000,
        state: 'COMPLETED',
        details: [
          { partitionId: 2, ...sparse },
          { partitionId: 1, ...sparse },
        ],
      },
    ]);
  });

  it('refuses ids that are zero, no number, taken or lower, deleted ones included', async () => {
    const { urls } = await start({ profile: '8.6', partMs: 0 });
    const backups = `${urls.zeebe}/actuator/backups`;
    await call('POST', backups, { body: { backupId: 1000 } });
    const deleted = await call('DELETE', `${backups}/1000`);

    const zero = await call('POST', backups, { body: { backupId: 0 } });
    const lower = await call('POST', backups, { body: { backupId: 999 } });
    const same = await call('POST', backups, { body: { backupId: 1000 } });
    const noNumber = await call('GET', `${backups}/abc`);
    const unknown = await call('GET', `${backups}/1000`);

    expect(deleted.status).toBe(204);
    expect(zero).toMatchObject({
      status: 400,
      body: { message: 'A backupId must be provided and it must be > 0' },
    });
    expect(lower).toMatchObject({
      status: 409,
      body: {
        message:
          'Requested backup has id 999. The latest backup has id 1000. Id of new backups must be higher than the previous one. ',
      },
    });
    expect(same.status).toBe(409);
    expect(noNumber).toMatchObject({
      status: 400,
      body: { status: 400, error: 'Bad Request', path: '/actuator/backups/abc' },
    });
    expect(unknown).toMatchObject({ status: 404, body: { message: 'Backup with id 1000 does not exist' } });
  });
});

describe('simulator/zeebeBackups: 8.8', () => {
  it('answers under backupRuntime, with ISO times, prefixes and a state that outlives a deletion', async () => {
    const { urls } = await start({ profile: '8.8', partMs: 0 });
    const backups = `${urls.zeebe}/actuator/backupRuntime`;
    await call('POST', backups, { body: { backupId: 1001 } });
    await call('POST', backups, { body: { backupId: 2002 } });

    const byPrefix = await call('GET', `${backups}/1*`);
    const list = await call('GET', backups);
    await call('DELETE', `${backups}/2002`);
    const state = await call('GET', `${backups}/state`);
    const noNumber = await call('GET', `${backups}/abc`);
    const old = await call('GET', `${urls.zeebe}/actuator/backups`);

    const createdAt = expect.stringMatching(/\.\d{9}Z$/);
    expect(byPrefix.body).toMatchObject([{ backupId: 1001, details: [{ createdAt }, { createdAt }] }]);
    expect(list.body).toMatchObject([{ backupId: 2002 }, { backupId: 1001 }]);
    expect(state.body).toMatchObject({
      checkpointStates: [{ partitionId: 1, checkpointId: 2002 }, { checkpointId: 2002 }],
    });
    expect(noNumber.body).toEqual({
      message: "Expected a backup ID or prefix ending with '*', but got 'abc'.",
    });
    expect(old.status).toBe(404);
  });
});

describe('simulator/zeebeBackups: faults', () => {
  it.each([
    [{ state: 'partFails', part: 'zeebe', piece: 1, reason: 'S3 said no' } as const, 'FAILED'],
    [{ state: 'partStays', part: 'zeebe', word: 'IN_PROGRESS' } as const, 'IN_PROGRESS'],
    [{ state: 'partStays', part: 'zeebe', word: 'INCOMPLETE' } as const, 'INCOMPLETE'],
    [{ state: 'partNeverAppears', part: 'zeebe' } as const, 404],
    [{ state: 'pieceNotWhole', part: 'zeebe' } as const, 'COMPLETED'],
    [{ state: 'stateWord', part: 'zeebe', word: 'SLEEPING' } as const, 'SLEEPING'],
    [{ state: 'noBackupStore' } as const, 400],
    [{ state: 'backupStoreDown' } as const, 500],
  ])('%j', async (fault, wanted) => {
    const { urls, faults } = await start({ profile: '8.6', partMs: 0 });
    faults.add(fault);
    const backups = `${urls.zeebe}/actuator/backups`;

    await call('POST', backups, { body: { backupId: 1000 } });
    const state = await stateOf(`${backups}/1000`);

    expect(state).toBe(wanted);
  });

  it('names the partition and the reason of a failure, once', async () => {
    const { urls, faults } = await start({ profile: '8.6', partMs: 0 });
    faults.add({ state: 'partFails', part: 'zeebe', piece: 1, reason: 'S3 said no', times: 1 });
    const backups = `${urls.zeebe}/actuator/backups`;

    for (const backupId of [1, 2]) await call('POST', backups, { body: { backupId } });
    const first = await call('GET', `${backups}/1`);
    const second = await call('GET', `${backups}/2`);

    expect(first.body).toMatchObject({
      state: 'FAILED',
      failureReason: 'Backup on partition 1 failed due to S3 said no. ',
      details: [{ state: 'COMPLETED' }, { state: 'FAILED', failureReason: 'S3 said no' }],
    });
    expect(second.body).toMatchObject({ state: 'COMPLETED' });
  });

  it('lists one partition less or more, and says COMPLETED', async () => {
    const { urls, faults } = await start({ profile: '8.6', partMs: 0 });
    faults.add({ state: 'pieceMissing', part: 'zeebe', times: 1 });
    const backups = `${urls.zeebe}/actuator/backups`;
    await call('POST', backups, { body: { backupId: 1 } });
    faults.add({ state: 'pieceTooMany', part: 'zeebe', times: 1 });
    await call('POST', backups, { body: { backupId: 2 } });

    const less = await call('GET', `${backups}/1`);
    const more = await call('GET', `${backups}/2`);

    expect(less.body).toMatchObject({ state: 'COMPLETED', details: [{ partitionId: 1 }] });
    expect(more.body).toMatchObject({
      state: 'COMPLETED',
      details: [{ partitionId: 3 }, { partitionId: 2 }, { partitionId: 1 }],
    });
  });

  it('refuses explicit ids where ids are generated, and takes none', async () => {
    const { urls, faults } = await start({ profile: '8.8', partMs: 0 });
    faults.add({ state: 'generatedIds' });
    const backups = `${urls.zeebe}/actuator/backupRuntime`;

    const explicit = await call('POST', backups, { body: { backupId: 0 } });
    const generated = await call('POST', backups, { body: {} });

    expect(explicit).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('predetermined backupId') },
    });
    expect(generated).toMatchObject({
      status: 202,
      body: { message: expect.stringMatching(/id \d{13} has been/) },
    });
  });

  it('fails what runs when the leader changes, and refuses while scaling', async () => {
    const simulator = await start({ profile: '8.6', brokers: 2, partMs: 60_000, transients: false });
    const backups = `${simulator.urls.zeebe}/actuator/backups`;
    await call('POST', backups, { body: { backupId: 1000 } });

    simulator.changeLeader(2);
    const failed = await call('GET', `${backups}/1000`);
    simulator.faults.add({ state: 'scaling' });
    const scaling = await call('POST', backups, { body: { backupId: 1001 } });

    expect(failed.body).toMatchObject({
      state: 'FAILED',
      failureReason: 'Backup on partition 2 failed due to Backup is cancelled due to leader change.. ',
    });
    expect(simulator.exporting()).toMatchObject([{ leader: 0 }, { leader: 0 }]);
    expect(scaling).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('scaling is in progress') },
    });
  });

  it('leaves the snapshot id out where no raft snapshot exists', async () => {
    const { urls, faults } = await start({ profile: '8.6', partMs: 0 });
    faults.add({ state: 'noRaftSnapshot' });
    const backups = `${urls.zeebe}/actuator/backups`;
    await call('POST', backups, { body: { backupId: 1000 } });

    const { body } = await call('GET', `${backups}/1000`);

    const { details } = body as { details: Record<string, unknown>[] };
    expect(details.map((detail) => 'snapshotId' in detail)).toEqual([false, false]);
  });
});
