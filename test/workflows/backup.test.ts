import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { TASK_QUEUE, windowWorkflowId } from '../../src/contract/names.ts';
import { failureOf, startLab, startServer, type Lab, type Server } from './lab.ts';

let server: Server;
let lab: Lab;

beforeAll(async () => {
  server = await startServer();
}, 120_000);
afterAll(async () => {
  await server.stop();
});
afterEach(async () => {
  await lab.stop();
});

function phases(): string[] {
  return lab.simulator.exporting().map((partition) => partition.phase);
}

function wroteManifest(backupId: string): boolean {
  return existsSync(path.join(lab.storeDir, 'demo', backupId, 'manifest.json'));
}

describe('workflows/backup: the whole run', () => {
  it.each(['sequential', 'parallel', 'history-first'] as const)(
    '%s ends complete on an 8.8 cluster under load',
    async (procedure) => {
      lab = await startLab(server, { simulator: { profile: '8.8' } });

      const result = await lab.run({ cluster: 'demo', procedure });

      expect(result).toMatchObject({ verdict: 'complete', cut: 'proven', procedure, reasons: [] });
      const manifest = lab.manifest(result);
      expect(manifest.parts.map((part) => part.part).sort()).toEqual([
        'optimize',
        'webapps',
        'zeebe',
        'zeebe-records',
      ]);
      expect(manifest.cut.partitions).toHaveLength(2);
      expect(phases()).toEqual(['EXPORTING', 'EXPORTING']);
    },
  );

  it('keeps the order of the page: the next part starts when the one before is complete', async () => {
    lab = await startLab(server, { simulator: { profile: '8.6' } });

    await lab.run();

    const triggers = lab.simulator.requests.filter(
      ({ method, path: url }) =>
        (method === 'POST' && url === '/actuator/backups') || (method === 'PUT' && url.includes('_snapshot')),
    );
    expect(triggers.map((request) => request.component)).toEqual([
      'zeebe',
      ...['operate', 'tasklist'].sort(),
      'optimize',
      'searchEngine',
    ]);
  });

  it('takes an id greater than any it sees, and never the same twice', async () => {
    lab = await startLab(server, { simulator: { profile: '8.8' } });

    const first = await lab.run();
    const second = await lab.run();

    expect(BigInt(second.backupId)).toBeGreaterThan(BigInt(first.backupId));
  });
});

describe('workflows/backup: input', () => {
  it.each([
    [{ cluster: 'nowhere' }, 'no cluster "nowhere" in the config; it has demo'],
    [{ cluster: 'demo', when: 'now' }, 'unknown field "when"; fields are cluster, mode, procedure, backupId'],
    [{ cluster: 7 }, 'cluster is 7, must be a cluster name'],
    [{}, 'cluster is missing'],
    ['demo', 'input is "demo"; give an object such as {"cluster":"prod"}'],
    [undefined, 'input is empty'],
    [{ cluster: 'demo', procedure: 'fast' }, 'procedure'],
    [{ cluster: 'demo', backupId: 'abc' }, 'backupId'],
  ])('refuses %j at once and touches nothing', async (input, message) => {
    lab = await startLab(server, { simulator: { profile: '8.8' } });

    const failure = await failureOf(await lab.start(input));

    expect(failure).toMatchObject({ type: 'InvalidInput', message: expect.stringContaining(message) });
    expect(lab.simulator.requests).toEqual([]);
  });

  it('leaves five events behind for a wrong shape', async () => {
    lab = await startLab(server, { simulator: { profile: '8.8' } });
    const handle = await lab.start({ clusters: ['demo'] });

    await failureOf(handle);

    expect(await lab.events(handle.workflowId)).toHaveLength(5);
  });
});

describe('workflows/backup: the lock', () => {
  it('runs one of two; the other ends with ClusterBusy and names the holder', async () => {
    lab = await startLab(server, { simulator: { profile: '8.8', partMs: 800 } });

    const [one, two] = await Promise.all([lab.start({ cluster: 'demo' }), lab.start({ cluster: 'demo' })]);
    const ends = await Promise.allSettled([one.result(), two.result()]);

    const [winner, loser] = ends[0].status === 'fulfilled' ? [one, two] : [two, one];
    expect(await winner.result()).toMatchObject({ verdict: 'complete' });
    const failure = await failureOf(loser);
    expect(failure.type).toBe('ClusterBusy');
    expect(failure.message).toContain(winner.workflowId);
    expect(lab.simulator.triggerCount('zeebe')).toBe(1);
  });
});

describe('workflows/backup: when something fails', () => {
  it('resumes exporting, writes no manifest and says why when a part fails', async () => {
    lab = await startLab(server, { simulator: { profile: '8.8' } });
    lab.simulator.faults.add({ state: 'partFails', part: 'webapps', reason: 'repository is read-only' });
    const handle = await lab.start({ cluster: 'demo' });

    const failure = await failureOf(handle);

    expect(failure).toMatchObject({
      type: 'PartFailed',
      message: expect.stringContaining('repository is read-only'),
    });
    expect(phases()).toEqual(['EXPORTING', 'EXPORTING']);
    const [backupId = ''] = lab.sets();
    expect(wroteManifest(backupId)).toBe(false);
    const note = JSON.parse(
      readFileSync(path.join(lab.storeDir, 'demo', backupId, 'failure.json'), 'utf8'),
    ) as unknown;
    expect(note).toMatchObject({ code: 'PartFailed', backupId });
  });

  it('cleans up a lost set and takes a new one under a new id', async () => {
    lab = await startLab(server, { simulator: { profile: '8.8' } });
    lab.simulator.faults.add({ state: 'partFails', part: 'webapps', reason: 'out of disk', times: 1 });

    const result = await lab.run();

    const [lost = '', kept] = lab.sets();
    expect(result).toMatchObject({ verdict: 'complete', backupId: kept });
    expect(result.failedSets).toEqual([
      { backupId: lost, code: 'PartFailed', message: expect.stringContaining('out of disk') },
    ]);
    expect(readdirSync(path.join(lab.storeDir, 'demo', lost)).sort()).toEqual([
      'failure.json',
      'intent.json',
      'pause.json',
      'resume.json',
    ]);
    expect(lab.simulator.backupIds('zeebe').map(String)).toEqual([kept]);
    expect(lab.simulator.snapshotNames().filter((name) => name.includes(lost))).toEqual([]);
  });

  it('begins as many sets as it may, and never a second one under an id that was given', async () => {
    lab = await startLab(server, {
      simulator: { profile: '8.8' },
      adapt: (cluster) => ({ ...cluster, attempts: 3 }),
    });
    lab.simulator.faults.add({ state: 'partFails', part: 'zeebe' });

    await failureOf(await lab.start({ cluster: 'demo' }));
    const begun = lab.simulator.triggerCount('zeebe');
    await failureOf(await lab.start({ cluster: 'demo', backupId: '9000000000' }));

    expect([begun, lab.simulator.triggerCount('zeebe')]).toEqual([3, 4]);
  });

  it('never calls a set complete whose fence was broken', async () => {
    lab = await startLab(server, {
      simulator: { profile: '8.8', brokers: 3, partMs: 600 },
      adapt: (cluster) => ({ ...cluster, attempts: 1 }),
    });
    const handle = await lab.start({ cluster: 'demo' });
    await lab.until(() => lab.simulator.triggerCount('webapps') === 1);
    lab.simulator.changeLeader(1);

    const failure = await failureOf(handle);

    expect(failure.type).toBe('SetFailed');
    expect(failure.message).toContain('partition 1');
  });

  it('takes up a part whose trigger answer was lost, without a second trigger', async () => {
    lab = await startLab(server, { simulator: { profile: '8.8' } });
    lab.simulator.faults.add({ on: 'POST webapps backup', when: 'after', answer: 'reset', times: 1 });

    const result = await lab.run();

    expect(result.verdict).toBe('complete');
    expect(lab.simulator.backupIds('webapps')).toHaveLength(1);
  });

  it('cancel resumes exporting, marks the set failed and ends as cancelled', async () => {
    lab = await startLab(server, { simulator: { profile: '8.8', partMs: 20_000 } });
    const handle = await lab.start({ cluster: 'demo' });
    await lab.until(() => lab.simulator.triggerCount('zeebe') === 1);

    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();

    expect((await handle.describe()).status.name).toBe('CANCELLED');
    expect(phases()).toEqual(['EXPORTING', 'EXPORTING']);
    const [backupId = ''] = lab.sets();
    const note = JSON.parse(
      readFileSync(path.join(lab.storeDir, 'demo', backupId, 'failure.json'), 'utf8'),
    ) as unknown;
    expect(note).toMatchObject({ code: 'BackupCancelled' });
  });

  it('resumes in place of a window that was terminated', async () => {
    lab = await startLab(server, { simulator: { profile: '8.8', partMs: 20_000 } });
    const handle = await lab.start({ cluster: 'demo' });
    await lab.until(() => lab.simulator.triggerCount('zeebe') === 1);

    await server.client.workflow.getHandle(windowWorkflowId('demo')).terminate('by hand');
    const failure = await failureOf(handle);

    expect(failure).toMatchObject({ type: 'WindowLost', message: expect.stringContaining('was terminated') });
    expect(phases()).toEqual(['EXPORTING', 'EXPORTING']);
  });

  it('has its window resume when the backup itself is terminated', async () => {
    lab = await startLab(server, { simulator: { profile: '8.8', partMs: 20_000 } });
    const handle = await lab.start({ cluster: 'demo' });
    await lab.until(() => lab.simulator.triggerCount('zeebe') === 1);

    await handle.terminate('by hand');

    await lab.until(() => phases().every((phase) => phase === 'EXPORTING'));
    const window = server.client.workflow.getHandle(windowWorkflowId('demo'));
    await expect(window.result()).rejects.toThrow();
    expect((await window.describe()).status.name).toBe('CANCELLED');
  });

  it('ends a window that is over its budget, resumes and frees the lock', async () => {
    lab = await startLab(server, {
      simulator: { profile: '8.8', partMs: 20_000 },
      adapt: (cluster) => ({ ...cluster, budgets: { window: '2 s' } }),
    });

    const failure = await failureOf(await lab.start({ cluster: 'demo' }));

    expect(failure).toMatchObject({ type: 'WindowLost', message: expect.stringContaining('budget of 2 s') });
    expect(phases()).toEqual(['EXPORTING', 'EXPORTING']);
    expect((await server.client.workflow.getHandle(windowWorkflowId('demo')).describe()).status.name).toBe(
      'TERMINATED',
    );
  });

  it('keeps the window open while the resume cannot be proven, and closes it once it can', async () => {
    lab = await startLab(server, { simulator: { profile: '8.8' } });
    const refusal = lab.simulator.faults.add({ on: 'POST zeebe resume', answer: { status: 500 } });
    const handle = await lab.start({ cluster: 'demo' });
    await lab.until(() => refusal.hits() >= 3);

    const window = server.client.workflow.getHandle(windowWorkflowId('demo'));
    expect((await window.describe()).status.name).toBe('RUNNING');
    expect(await window.query('getStatus')).toMatchObject({ exporting: 'resuming' });
    refusal.remove();

    expect(await handle.result()).toMatchObject({ verdict: 'complete' });
  });

  it('leaves the pause of somebody else as it is', async () => {
    lab = await startLab(server, { simulator: { profile: '8.8' } });
    await fetch(`${lab.simulator.urls.zeebe}/actuator/exporting/pause?soft=true`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });

    const failure = await failureOf(await lab.start({ cluster: 'demo' }));

    expect(failure.type).toBe('PreflightFailed');
    expect(failure.message).toContain('SOFT_PAUSED');
    expect(phases()).toEqual(['SOFT_PAUSED', 'SOFT_PAUSED']);
  });

  it('closes a window that somebody started by hand with a wrong input, and frees the lock', async () => {
    lab = await startLab(server, { simulator: { profile: '8.8' } });
    const byHand = await server.client.workflow.start('backupWindow', {
      taskQueue: TASK_QUEUE,
      workflowId: windowWorkflowId('demo'),
      args: [{}],
    });

    const failure = await failureOf(byHand);

    expect(failure.type).toBe('InvalidInput');
    expect(await lab.run()).toMatchObject({ verdict: 'complete' });
  });
});
