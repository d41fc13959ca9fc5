import { describe, expect, it } from '@jest/globals';
import type { Fault } from '../../sandbox/simulator/faults/faults.ts';
import { call, stateOf, until } from './support/call.ts';
import { simulators } from './support/simulators.ts';

const start = simulators();
const zoned = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);
const uuid = expect.stringMatching(/^[\da-f-]{36}$/);
const body = { backupId: 1001 };

describe('simulator/historyBackups: Operate and Tasklist as captured from 8.6.0', () => {
  it('takes six snapshots one after another, with a 404 first and an INCOMPLETE in between', async () => {
    const { urls } = await start({ profile: '8.6', partMs: 1000 });
    const backups = `${urls.operate}/actuator/backups`;

    const accepted = await call('POST', backups, { body });
    const states: unknown[] = [];
    await until(
      async () => states[states.push(await stateOf(`${backups}/1001`)) - 1],
      (state) => state === 'COMPLETED',
    );

    const names = [1, 2, 3, 4, 5, 6].map((n) => `camunda_operate_1001_8.6.0_part_${n}_of_6`);
    expect(accepted).toMatchObject({ status: 200, body: { scheduledSnapshots: names } });
    expect(states[0]).toBe(404);
    expect(states).toContain('INCOMPLETE');
    expect(states).toContain('IN_PROGRESS');
  });

  it('hides its first snapshot once, then shows the pause before the next once, however rarely it is asked', async () => {
    const { urls } = await start({ profile: '8.6', partMs: 6000 });
    const backups = `${urls.operate}/actuator/backups`;
    await call('POST', backups, { body });
    const seen = () => call('GET', `${urls.searchEngine}/_snapshot/camunda/camunda_operate_1001_*`);
    await until(seen, ({ text }) => text.includes('part_2_of_6'));

    const states = [];
    for (let i = 0; i < 3; i++) states.push(await stateOf(`${backups}/1001`));

    expect(states).toEqual([404, 'INCOMPLETE', 'IN_PROGRESS']);
  });

  it('shows a complete backup, and lists its parts newest first', async () => {
    const { urls } = await start({ profile: '8.6', partMs: 0 });
    const backups = `${urls.operate}/actuator/backups`;
    await call('POST', backups, { body });

    const one = await call('GET', `${backups}/1001`);
    const list = await call('GET', backups);

    const part = (n: number) => ({
      snapshotName: `camunda_operate_1001_8.6.0_part_${n}_of_6`,
      state: 'SUCCESS',
      startTime: zoned,
      failures: null,
    });
    const details = [1, 2, 3, 4, 5, 6].map(part);
    expect(one.body).toEqual({ backupId: 1001, state: 'COMPLETED', failureReason: null, details });
    expect(list.body).toMatchObject([{ backupId: 1001, details: details.toReversed() }]);
  });

  it('refuses an id twice, and does not know others', async () => {
    const { urls } = await start({ profile: '8.6', partMs: 0 });
    const backups = `${urls.operate}/actuator/backups`;
    await call('POST', backups, { body });

    const again = await call('POST', backups, { body });
    const unknown = await call('GET', `${backups}/7`);
    const tooLarge = await call('GET', `${backups}/${2 ** 31}`);

    const message = expect.stringMatching(
      /^A backup with ID \[1001\] already exists\. Found snapshots: \[([\da-f-]{36}(, )?){6}\]$/,
    );
    expect(again.body).toEqual({ status: 400, message, instance: uuid, type: 'Invalid request' });
    expect(unknown.body).toEqual({
      status: 404,
      message: 'No backup with id [7] found.',
      instance: uuid,
      type: 'Requested resource not found',
    });
    expect(tooLarge).toMatchObject({ status: 400, body: { error: 'Bad Request' } });
  });

  it('Tasklist: pretty-printed, failures as empty list, errors without a type', async () => {
    const { urls } = await start({ profile: '8.6', partMs: 0 });
    const backups = `${urls.tasklist}/actuator/backups`;
    await call('POST', backups, { body });

    const one = await call('GET', `${backups}/1001`);
    const unknown = await call('GET', `${backups}/7`);

    expect(one.text).toMatch(/^\{\n {2}"backupId": 1001,/);
    expect(one.body).toMatchObject({ details: Array.from({ length: 6 }, () => ({ failures: [] })) });
    expect(unknown.body).toEqual({ status: 404, message: 'No backup with id [7] found.', instance: uuid });
  });

  it('answers DELETE at once and still shows the backup for a while', async () => {
    const { urls } = await start({ profile: '8.6', partMs: 100, transients: false });
    const backup = `${urls.operate}/actuator/backups/1001`;
    await call('POST', `${urls.operate}/actuator/backups`, { body });
    await until(
      () => stateOf(backup),
      (state) => state === 'COMPLETED',
    );

    const deleted = await call('DELETE', backup);
    const still = await stateOf(backup);
    const gone = await until(
      () => stateOf(backup),
      (state) => state === 404,
    );
    const again = await call('DELETE', backup);

    expect(deleted.status).toBe(204);
    expect(still).toBe('COMPLETED');
    expect(gone).toBe(404);
    expect(again.status).toBe(404);
  });

  it('a restart in the middle ends it for good; a second backup had to wait', async () => {
    const simulator = await start({ profile: '8.6', partMs: 6000, transients: false });
    const backups = `${simulator.urls.operate}/actuator/backups`;
    await call('POST', backups, { body });

    const second = await call('POST', backups, { body: { backupId: 1002 } });
    await until(
      () => stateOf(`${backups}/1001`),
      (state) => state === 'IN_PROGRESS',
    );
    simulator.restart('operate');
    const state = await until(
      () => stateOf(`${backups}/1001`),
      (it) => it !== 'IN_PROGRESS',
    );
    const third = await call('POST', backups, { body: { backupId: 1003 } });

    expect(second).toMatchObject({
      status: 400,
      body: { message: 'Another backup is running at the moment' },
    });
    expect(state).toBe('INCOMPLETE');
    expect(third.status).toBe(200);
  });
});

describe('simulator/historyBackups: backupHistory of 8.8', () => {
  it('makes one set for all applications, and errors with a message only', async () => {
    const simulator = await start({ profile: '8.8', partMs: 0 });
    const backups = `${simulator.urls.webapps}/actuator/backupHistory`;

    const accepted = await call('POST', backups, { body });
    const one = await call('GET', `${backups}/1001`);
    const unknown = await call('GET', `${backups}/7`);

    const names = [1, 2, 3, 4, 5].map((n) => `camunda_webapps_1001_8.8.0_part_${n}_of_5`);
    expect(simulator.urls.webapps).toBe(simulator.urls.zeebe);
    expect(accepted.body).toEqual({ scheduledSnapshots: names });
    expect(one.body).toMatchObject({
      state: 'COMPLETED',
      details: names.map((snapshotName) => ({ snapshotName })),
    });
    expect(unknown).toMatchObject({ status: 404, body: { message: 'No backup with id [7] found.' } });
    expect(simulator.triggerCount('webapps')).toBe(1);
    expect(simulator.backupIds('webapps')).toEqual([1001]);
  });
});

describe('simulator/historyBackups: faults', () => {
  const cases: [Fault, unknown][] = [
    [{ state: 'partFails', part: 'operate', piece: 2 }, 'FAILED'],
    [{ state: 'partStays', part: 'operate', word: 'IN_PROGRESS' }, 'IN_PROGRESS'],
    [{ state: 'partStays', part: 'operate', word: 'INCOMPLETE' }, 'INCOMPLETE'],
    [{ state: 'partNeverAppears', part: 'operate' }, 404],
    [{ state: 'pieceTooMany', part: 'operate' }, 'FAILED'],
    [{ state: 'stateWord', part: 'operate', word: 'SLEEPING' }, 'SLEEPING'],
    [{ state: 'noRepositoryConfigured', part: 'operate' }, 404],
    [{ state: 'searchEngineDown' }, 400],
  ];
  it.each(cases)('%j', async (fault, wanted) => {
    const { urls, faults } = await start({ profile: '8.6', partMs: 0 });
    faults.add(fault);

    await call('POST', `${urls.operate}/actuator/backups`, { body });
    const state = await stateOf(`${urls.operate}/actuator/backups/1001`);

    expect(state).toBe(wanted);
  });

  it('COMPLETED with a PARTIAL part, and with a part too few', async () => {
    const { urls, faults } = await start({ profile: '8.8', partMs: 0 });
    faults.add({ state: 'pieceNotWhole', part: 'webapps', times: 1 });
    const backups = `${urls.webapps}/actuator/backupHistory`;
    await call('POST', backups, { body: { backupId: 1 } });
    faults.add({ state: 'pieceMissing', part: 'webapps', times: 1 });
    await call('POST', backups, { body: { backupId: 2 } });

    const partial = await call('GET', `${backups}/1`);
    const fewer = await call('GET', `${backups}/2`);

    const success = { state: 'SUCCESS' };
    expect(partial.body).toMatchObject({
      state: 'COMPLETED',
      details: [success, success, success, success, { state: 'PARTIAL' }],
    });
    expect(fewer.body).toMatchObject({ state: 'COMPLETED', details: [success, success, success, success] });
  });

  it('a failed part ends the chain and names the snapshot', async () => {
    const { urls, faults } = await start({ profile: '8.6', partMs: 0 });
    faults.add({ state: 'partFails', part: 'operate', piece: 2, reason: 'disk full' });
    const backups = `${urls.operate}/actuator/backups`;
    await call('POST', backups, { body });

    const { body: seen } = await call('GET', `${backups}/1001`);

    expect(seen).toMatchObject({
      failureReason: expect.stringContaining('part_2_of_6'),
      details: [{ state: 'SUCCESS' }, { state: 'FAILED', failures: ['disk full'] }],
    });
    expect((seen as { details: unknown[] }).details).toHaveLength(2);
  });

  it('not found under another status, a busy queue, a delete without effect', async () => {
    const { urls, faults } = await start({ profile: '8.6', partMs: 0 });
    const backups = `${urls.tasklist}/actuator/backups`;
    await call('POST', backups, { body });
    faults.add({ state: 'notFoundAs', part: 'tasklist', status: 500 });
    faults.add({ state: 'anotherBackupRunning', part: 'tasklist', times: 1 });
    faults.add({ state: 'deleteDoesNothing', part: 'tasklist' });

    const unknown = await call('GET', `${backups}/7`);
    const busy = await call('POST', backups, { body: { backupId: 1002 } });
    const free = await call('POST', backups, { body: { backupId: 1003 } });
    const deleted = await call('DELETE', `${backups}/1001`);
    const still = await stateOf(`${backups}/1001`);

    expect(unknown).toMatchObject({ status: 500, body: { message: 'No backup with id [7] found.' } });
    expect([busy.status, free.status, deleted.status]).toEqual([400, 200, 204]);
    expect(still).toBe('COMPLETED');
  });

  it('leaves a live index out of the snapshots', async () => {
    const simulator = await start({ profile: '8.6', partMs: 0 });
    simulator.faults.add({ state: 'indexLeftOut', part: 'operate', index: 'operate-process-8.3.0_' });
    await call('POST', `${simulator.urls.operate}/actuator/backups`, { body });

    const { body: answer } = await call(
      'GET',
      `${simulator.urls.searchEngine}/_snapshot/camunda/camunda_operate_1001_*`,
    );

    const held = (answer as { snapshots: { indices: string[] }[] }).snapshots.map(({ indices }) => indices);
    expect(held.map(({ length }) => length)).toEqual([1, 1, 0, 12, 0, 6]);
    expect(simulator.liveIndices()).toContain('operate-process-8.3.0_');
  });
});

describe('simulator/optimizeBackups', () => {
  it('makes two snapshots; INCOMPLETE is seen between them', async () => {
    const { urls } = await start({ profile: '8.8', partMs: 800 });
    const backups = `${urls.optimize}/actuator/backups`;

    const accepted = await call('POST', backups, { body });
    const states: unknown[] = [];
    await until(
      async () => states[states.push(await stateOf(`${backups}/1001`)) - 1],
      (state) => state === 'COMPLETED',
    );
    const again = await call('POST', backups, { body });

    expect(accepted).toMatchObject({
      status: 202,
      body: {
        message: expect.stringMatching(/^Backup creation for ID 1001 has been scheduled\. /),
      },
    });
    expect(states[0]).toBe(404);
    expect(states).toContain('INCOMPLETE');
    expect(again).toMatchObject({ status: 409, body: { errorCode: expect.any(String) } });
  });

  it('says COMPLETE when asked to, and deletes unknown ids with 204', async () => {
    const { urls, faults } = await start({ profile: '8.6', partMs: 0 });
    faults.add({ state: 'stateWord', part: 'optimize', word: 'COMPLETE' });
    const backups = `${urls.optimize}/actuator/backups`;
    await call('POST', backups, { body });

    const state = await stateOf(`${backups}/1001`);
    const deleted = await call('DELETE', `${backups}/7`);

    expect(state).toBe('COMPLETE');
    expect(deleted.status).toBe(204);
  });
});
