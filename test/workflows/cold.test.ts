import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { retainWorkflowId } from '../../src/contract/names.ts';
import { wholeDump, writePrograms } from '../faults/fakePrograms.ts';
import { failureOf, startLab, startServer, type Lab, type Server } from './lab.ts';

const COLD = { cluster: 'demo', mode: 'cold' } as const;

let server: Server;
let lab: Lab;
let programs: string;

beforeAll(async () => {
  server = await startServer();
  process.env.COLD_PASSWORD = 'none';
}, 120_000);
afterAll(async () => {
  await server.stop();
});
beforeEach(async () => {
  programs = mkdtempSync(path.join(tmpdir(), 'safepoint-programs-'));
  const binDir = writePrograms(programs, { pg_dumpall: wholeDump(10_000) });
  const database = { host: '127.0.0.1', user: 'nobody', password: { env: 'COLD_PASSWORD' }, binDir };
  lab = await startLab(server, {
    simulator: { profile: '8.6', partMs: 400 },
    adapt: (cluster) => ({
      ...cluster,
      databases: { 'web-modeler': database },
      retention: { keepLast: 1, minComplete: 1, minAge: '0 s', maxShare: 1 },
    }),
  });
  await lab.simulator.stopOnly('operate', 'tasklist', 'optimize');
}, 60_000);
afterEach(async () => {
  const phases = lab.simulator.exporting().map(({ phase }) => phase);
  await lab.stop();
  rmSync(programs, { recursive: true });
  expect(phases).toEqual(['EXPORTING', 'EXPORTING']);
});

/** What the set is made of, as Camunda and the search engine have it. */
function taken(): string[] {
  const zeebe = lab.simulator.backupIds('zeebe').map((id) => `zeebe ${id}`);
  return [...zeebe, ...lab.simulator.snapshotNames()];
}

describe('workflows/backup: cold', () => {
  it('holds every index in one snapshot, Zeebe in its own backup, and the dumps', async () => {
    const result = await lab.run(COLD);

    const { procedure, parts, searchEngine, artifacts, responsiveness } = lab.manifest(result);
    const id = result.backupId;
    expect(result).toMatchObject({ verdict: 'complete', cut: 'proven', procedure: 'cold' });
    expect(procedure).toEqual({ name: 'cold', pause: 'hard', waves: [['zeebe', 'indices']] });
    expect(parts.map(({ part }) => part)).toEqual(['zeebe', 'indices']);
    expect(searchEngine.snapshots).toMatchObject([
      { name: `camunda_indices_backup_${id}`, part: 'indices', state: 'SUCCESS' },
    ]);
    expect(searchEngine.snapshots[0]?.indices.toSorted()).toEqual(lab.simulator.liveIndices());
    expect(searchEngine.indexPrefixes).toEqual({
      operate: 'operate',
      tasklist: 'tasklist',
      optimize: 'optimize',
      zeebeRecords: 'zeebe-record',
    });
    expect(lab.simulator.damage(Number(id))).toEqual([
      { partitionId: 1, lost: 0, orphans: 0 },
      { partitionId: 2, lost: 0, orphans: 0 },
    ]);
    expect(artifacts).toMatchObject([{ database: 'web-modeler' }]);
    expect(responsiveness).toEqual([]); // nobody uses what is stopped
    expect(taken()).toEqual([`zeebe ${id}`, `camunda_indices_backup_${id}`]);
  }, 60_000);

  it('refuses while applications run, names each of them, and touches nothing', async () => {
    await lab.simulator.startAll();
    await lab.simulator.stopOnly('optimize');

    const { type, message } = await failureOf(await lab.start(COLD));

    expect(type).toBe('PreflightFailed');
    expect(message).toMatch(/^operate\.stopped: operate at \S+ answers 200\. Fix: stop operate/m);
    expect(message).toMatch(/^tasklist\.stopped: tasklist at \S+ answers 200\. Fix: stop tasklist/m);
    expect(message).not.toContain('optimize.stopped');
    expect(taken()).toEqual([]);
    expect(readdirSync(lab.storeDir)).toEqual([]);
  }, 60_000);

  it('refuses while the brokers are down, and says why it needs them', async () => {
    await lab.simulator.stopAll();

    const { type, message } = await failureOf(await lab.start(COLD));

    expect(type).toBe('PreflightFailed');
    expect(message).toMatch(/^zeebe\.health: .*volumes that Safepoint cannot reach/m);
    expect(readdirSync(lab.storeDir)).toEqual([]);
  }, 60_000);

  it('takes no procedure', async () => {
    const failure = await failureOf(await lab.start({ ...COLD, procedure: 'parallel' }));

    expect(failure).toMatchObject({
      type: 'InvalidInput',
      message: expect.stringContaining('leave out `procedure`, or `mode`'),
    });
  }, 60_000);

  it('fails when an application is started in the middle, and removes what it took', async () => {
    const handle = await lab.start(COLD);
    await lab.until(() => lab.simulator.snapshotNames().length === 1);
    await lab.simulator.startAll();

    const { type, message } = await failureOf(handle);

    expect(type).toBe('ApplicationStarted');
    expect(message).toMatch(/operate at \S+ answers 200; tasklist at .*; optimize at /);
    expect(taken()).toEqual([]);
  }, 60_000);

  it('takes a new set when the snapshot fails, and leaves nothing of the lost one', async () => {
    lab.simulator.faults.add({ state: 'partFails', part: 'zeebe-records', times: 1 });

    const { backupId, failedSets } = await lab.run(COLD);

    expect(failedSets).toMatchObject([{ code: 'PartFailed' }]);
    expect(taken()).toEqual([`zeebe ${backupId}`, `camunda_indices_backup_${backupId}`]);
  }, 60_000);

  it('is deleted whole by rotation', async () => {
    const older = await lab.run(COLD);
    await server.client.workflow.getHandle(retainWorkflowId('demo')).result();
    const newer = await lab.run(COLD);
    await server.client.workflow.getHandle(retainWorkflowId('demo')).result();

    expect(newer.backupId).not.toBe(older.backupId);
    expect(taken()).toEqual([`zeebe ${newer.backupId}`, `camunda_indices_backup_${newer.backupId}`]);
    expect(lab.sets()).toEqual([newer.backupId]);
  }, 60_000);
});
