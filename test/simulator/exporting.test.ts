import { describe, expect, it } from '@jest/globals';
import type { Simulator } from '../../sandbox/simulator/startSimulator.ts';
import { call, until } from './support/call.ts';
import { simulators } from './support/simulators.ts';

const start = simulators();
const done = { status: 200, body: { body: null, status: 204, contentType: null } };

function exporting({ urls }: Simulator, what: string) {
  return call('POST', `${urls.zeebe}/actuator/exporting/${what}`, { body: {} });
}

function positions(simulator: Simulator) {
  const [first] = simulator.exporting();
  if (first === undefined) throw new Error('no partitions');
  return first;
}

describe('simulator/exporting: pause and resume', () => {
  it('reports the partitions of a broker as captured', async () => {
    const simulator = await start({ profile: '8.6', loadPerSecond: 0 });

    const { body } = await call('GET', `${simulator.urls.zeebe}/actuator/partitions`);

    const entry = {
      role: 'LEADER',
      processedPosition: 1000,
      snapshotId: null,
      processedPositionInSnapshot: null,
      streamProcessorPhase: 'PROCESSING',
      exporterPhase: 'EXPORTING',
      exportedPosition: 1000,
      clock: {},
    };
    expect(body).toEqual({ 1: entry, 2: entry });
  });

  it('shows leaders on their broker only; followers say nothing about exporting', async () => {
    const { urls } = await start({ profile: '8.8', brokers: 2 });

    const [first, second] = await Promise.all(
      urls.brokers.map((url) => call('GET', `${url}/actuator/partitions`)),
    );

    const follower = {
      role: 'FOLLOWER',
      exporterPhase: null,
      exportedPosition: null,
      processedPosition: null,
    };
    expect(first?.body).toMatchObject({ 1: { role: 'LEADER', exporterPhase: 'EXPORTING' }, 2: follower });
    expect(second?.body).toMatchObject({ 1: follower, 2: { role: 'LEADER' } });
  });

  it('soft: the position stands still at once while records go on into the index, and jumps on resume', async () => {
    const simulator = await start({ profile: '8.6', loadPerSecond: 2000, flushDelayMs: 20 });
    await until(
      () => positions(simulator),
      (it) => it.exportedPosition > 1000,
    );

    const paused = await exporting(simulator, 'pause?soft=true');
    const frozen = positions(simulator);
    const later = await until(
      () => positions(simulator),
      (it) => it.heldPosition > frozen.heldPosition + 50,
    );
    const resumed = await exporting(simulator, 'resume');
    const after = positions(simulator);

    expect([paused, resumed]).toMatchObject([done, done]);
    expect(later).toMatchObject({ phase: 'SOFT_PAUSED', exportedPosition: frozen.exportedPosition });
    expect(after.phase).toBe('EXPORTING');
    expect(after.exportedPosition).toBeGreaterThanOrEqual(later.heldPosition);
  });

  it('hard: what was buffered is flushed once, then everything stands still', async () => {
    const simulator = await start({ profile: '8.6', loadPerSecond: 2000, flushDelayMs: 150 });
    await until(
      () => positions(simulator),
      (it) => it.processedPosition > it.exportedPosition + 50,
    );

    await exporting(simulator, 'pause');
    const before = positions(simulator);
    const flushed = await until(
      () => positions(simulator),
      (it) => it.exportedPosition > before.exportedPosition,
    );
    const later = await until(
      () => positions(simulator),
      (it) => it.processedPosition > flushed.processedPosition + 800,
    );

    expect(flushed.exportedPosition - before.exportedPosition).toBeGreaterThan(40);
    expect(flushed.exportedPosition).toBeLessThanOrEqual(before.processedPosition + 50);
    expect(later).toMatchObject({
      phase: 'PAUSED',
      exportedPosition: flushed.exportedPosition,
      heldPosition: flushed.heldPosition,
    });
  });

  it('hard over soft looks well until the restart; then no partition starts', async () => {
    const simulator = await start({ profile: '8.6' });
    const { urls } = simulator;
    await exporting(simulator, 'pause?soft=true');

    const over = await exporting(simulator, 'pause');
    const looks = simulator.exporting().map(({ phase }) => phase);
    simulator.restart('zeebe');
    const partitions = await call('GET', `${urls.zeebe}/actuator/partitions`);
    const resumed = await exporting(simulator, 'resume');
    const health = await call('GET', `${urls.zeebe}/actuator/health`);

    expect(over).toMatchObject(done);
    expect(looks).toEqual(['PAUSED', 'PAUSED']);
    expect(partitions.body).toEqual({});
    expect(resumed.body).toEqual({
      body: { message: 'Found 0 partitions but expected 2, current topology: ...' },
      status: 500,
      contentType: null,
    });
    expect(health).toMatchObject({
      status: 503,
      body: { status: 'DOWN', components: { brokerStatus: { status: 'DOWN' } } },
    });
  });

  it('a resume in between keeps the partitions alive', async () => {
    const simulator = await start({ profile: '8.6' });
    for (const what of ['pause?soft=true', 'resume', 'pause']) await exporting(simulator, what);

    simulator.restart('zeebe');
    const { body } = await call('GET', `${simulator.urls.zeebe}/actuator/partitions`);

    expect(body).toMatchObject({ 1: { exporterPhase: 'PAUSED' }, 2: { exporterPhase: 'PAUSED' } });
  });

  it('8.8 refuses a POST without a content type', async () => {
    const { urls } = await start({ profile: '8.8' });

    const { status } = await fetch(`${urls.zeebe}/actuator/exporting/pause`, { method: 'POST' });

    expect(status).toBe(415);
  });
});

describe('simulator/exporting: faults', () => {
  it('pauseReachesOnly', async () => {
    const simulator = await start({ profile: '8.6' });
    simulator.faults.add({ state: 'pauseReachesOnly', partitions: [1] });

    const paused = await exporting(simulator, 'pause');

    expect(paused).toMatchObject(done);
    expect(simulator.exporting().map(({ phase }) => phase)).toEqual(['PAUSED', 'EXPORTING']);
  });

  it('resumeFails n times, then works', async () => {
    const simulator = await start({ profile: '8.6' });
    await exporting(simulator, 'pause');
    const fault = simulator.faults.add({ state: 'resumeFails', times: 2, body: 'string' });

    const answers = [];
    for (let i = 0; i < 3; i++) answers.push((await exporting(simulator, 'resume')).body);

    expect(answers).toMatchObject([
      { status: 500, body: expect.any(String) },
      { status: 500 },
      { status: 204 },
    ]);
    expect(fault.hits()).toBe(2);
    expect(simulator.exporting().map(({ phase }) => phase)).toEqual(['EXPORTING', 'EXPORTING']);
  });

  it('phaseDrift: the pause is lost on one partition, which exports on', async () => {
    const simulator = await start({ profile: '8.6', loadPerSecond: 2000, flushDelayMs: 10 });
    await exporting(simulator, 'pause');
    await until(
      () => positions(simulator),
      (it) => it.exportedPosition > 1000,
    );
    simulator.faults.add({ state: 'phaseDrift', phase: 'EXPORTING', partition: 1 });

    const before = positions(simulator);
    const after = await until(
      () => positions(simulator),
      (it) => it.exportedPosition > before.exportedPosition + 50,
    );

    expect(after.phase).toBe('EXPORTING');
    expect(simulator.exporting()[1]?.phase).toBe('PAUSED');
  });

  it('leaderChangeEndsPause, on the partition that changes its leader', async () => {
    const simulator = await start({ profile: '8.8', brokers: 3 });
    simulator.faults.add({ state: 'leaderChangeEndsPause' });
    await exporting(simulator, 'pause');

    simulator.changeLeader(1);

    expect(simulator.exporting().map(({ phase }) => phase)).toEqual(['EXPORTING', 'PAUSED']);
  });

  it('restartMovesPosition, in a soft pause only', async () => {
    const simulator = await start({ profile: '8.6', loadPerSecond: 2000, flushDelayMs: 20 });
    simulator.faults.add({ state: 'restartMovesPosition' });
    await exporting(simulator, 'pause?soft=true');
    const before = positions(simulator);
    await until(
      () => positions(simulator),
      (it) => it.heldPosition > before.exportedPosition + 50,
    );

    simulator.restart('zeebe');

    const after = positions(simulator);
    expect(after.phase).toBe('SOFT_PAUSED');
    expect(after.exportedPosition).toBeGreaterThan(before.exportedPosition);
  });

  it('exporterStuck: EXPORTING again, and nothing moves', async () => {
    const simulator = await start({ profile: '8.6', loadPerSecond: 2000, flushDelayMs: 10 });
    await exporting(simulator, 'pause?soft=true');
    const frozen = positions(simulator);
    simulator.faults.add({ state: 'exporterStuck' });

    await exporting(simulator, 'resume');
    const later = await until(
      () => positions(simulator),
      (it) => it.heldPosition > frozen.heldPosition + 50,
    );

    expect(later).toMatchObject({ phase: 'EXPORTING', exportedPosition: frozen.exportedPosition });
  });

  it('a partition without leader makes pause fail as a whole', async () => {
    const simulator = await start({ profile: '8.6' });
    simulator.faults.add({ state: 'partitionLeaderless', partition: 2 });

    const paused = await exporting(simulator, 'pause');
    const { body } = await call('GET', `${simulator.urls.zeebe}/actuator/partitions`);
    const topology = await call('GET', `${simulator.urls.restApi}/v2/topology`);

    expect(paused.body).toMatchObject({
      status: 500,
      body: { message: expect.stringMatching(/^Expected 1 members of partition 2/) },
    });
    expect(simulator.exporting().map(({ phase }) => phase)).toEqual(['EXPORTING', 'EXPORTING']);
    expect(body).toMatchObject({ 1: { role: 'LEADER' }, 2: { role: 'FOLLOWER', exporterPhase: null } });
    expect(topology.body).toMatchObject({
      brokers: [{ partitions: [{ role: 'leader' }, { role: 'follower' }] }],
    });
  });
});
