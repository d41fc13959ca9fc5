import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  DELETE_SET_WORKFLOW,
  RETAIN_WORKFLOW,
  retainWorkflowId,
  TASK_QUEUE,
} from '../../src/contract/names.ts';
import type { DeleteSetResult, RetainResult } from '../../src/contract/retention.ts';
import { formatLabel } from '../../src/domain/setLabel.ts';
import { listCatalog } from '../../src/storage/catalog.ts';
import { wholeDump, writePrograms } from '../faults/fakePrograms.ts';
import { validIntent } from '../fuzz/support/validSet.ts';
import { startLab, startServer, type Lab, type Server } from './lab.ts';

let server: Server;
let lab: Lab;
let programs: string;

beforeAll(async () => {
  server = await startServer();
  process.env.ROTATION_PASSWORD = 'none';
}, 120_000);
afterAll(async () => {
  await server.stop();
});
beforeEach(async () => {
  programs = mkdtempSync(path.join(tmpdir(), 'safepoint-programs-'));
  const binDir = writePrograms(programs, { pg_dumpall: wholeDump(10_000) });
  const database = { host: '127.0.0.1', user: 'nobody', password: { env: 'ROTATION_PASSWORD' }, binDir };
  lab = await startLab(server, {
    simulator: { profile: '8.8' },
    adapt: (cluster) => ({
      ...cluster,
      databases: { 'web-modeler': database },
      retention: { keepLast: 1, minComplete: 1, minAge: '0 s', maxShare: 1, failed: { keepLast: 0 } },
    }),
  });
}, 60_000);
afterEach(async () => {
  await lab.stop();
  rmSync(programs, { recursive: true });
});

/** Rotation by hand, after the one that followed a backup. */
async function rotate(): Promise<RetainResult> {
  await rotated();
  return await execute<RetainResult>(RETAIN_WORKFLOW, retainWorkflowId('demo'), { cluster: 'demo' });
}

/** The rotation that follows a backup has ended. */
async function rotated(): Promise<RetainResult> {
  return (await server.client.workflow.getHandle(retainWorkflowId('demo')).result()) as RetainResult;
}

async function deleteSet(backupId: string): Promise<DeleteSetResult> {
  return await execute<DeleteSetResult>(DELETE_SET_WORKFLOW, `delete-${backupId}-${Math.random()}`, {
    cluster: 'demo',
    backupId,
  });
}

async function execute<T>(type: string, workflowId: string, input: object): Promise<T> {
  return (await server.client.workflow.execute(type, {
    taskQueue: TASK_QUEUE,
    workflowId,
    args: [input],
  })) as T;
}

function fileOf(backupId: string, name: string): string {
  return path.join(lab.storeDir, 'demo', backupId, name);
}

function hold(backupId: string): void {
  writeFileSync(
    fileOf(backupId, 'hold.json'),
    JSON.stringify({ schema: 'safepoint/hold/v1', reason: 'audit' }),
  );
}

/** A set of ours that a run left months ago, with or without a manifest that a label stands for. */
function writeOldSet(backupId: string, objects: Record<string, string>): void {
  mkdirSync(path.join(lab.storeDir, 'demo', backupId), { recursive: true });
  for (const [name, body] of Object.entries(objects)) writeFileSync(fileOf(backupId, name), body);
}

const intent = (backupId: string) =>
  JSON.stringify({
    ...{ ...validIntent, cluster: 'demo', backupId, databases: [] },
    ...{ workflowId: 'backup-gone', runId: 'gone', startedAt: '2026-01-01T02:00:00.000Z' },
  });

async function statesOf(): Promise<Record<string, string>> {
  const { entries } = await listCatalog([lab.dependencies.store('local')]);
  return Object.fromEntries(entries.map(({ backupId, state }) => [backupId, state]));
}

describe('workflows: rotation after a backup', () => {
  it('deletes what the policy does not keep: parts in Camunda, snapshots, dumps, manifest', async () => {
    const first = await lab.run();
    await rotated();
    expect(readdirSync(path.dirname(fileOf(first.backupId, 'x')))).toContain('web-modeler.sql.zst');
    const second = await lab.run();

    expect(await rotated()).toEqual({ cluster: 'demo', deleted: [first.backupId], left: [], kept: 1 });

    expect(lab.sets()).toEqual([second.backupId]);
    const { simulator } = lab;
    expect(simulator.backupIds('zeebe')).toEqual([Number(second.backupId)]);
    expect(simulator.backupIds('webapps')).toEqual([Number(second.backupId)]);
    expect(simulator.snapshotNames().filter((name) => !name.includes(second.backupId))).toEqual([]);
  }, 60_000);

  it('keeps a set that is held in the moment when its deletion begins', async () => {
    const first = await lab.run();
    await rotated();
    hold(first.backupId);
    await lab.run();
    await rotated();
    rmSync(fileOf(first.backupId, 'hold.json'));
    const store = lab.dependencies.store('local');
    const putObject = store.putObject.bind(store);
    store.putObject = async (key, ...rest) => {
      if (key.endsWith('tombstone.json')) hold(first.backupId);
      await putObject(key, ...rest);
    };

    await expect(deleteSet(first.backupId)).rejects.toMatchObject({
      cause: { type: 'DeletionRefused', message: expect.stringMatching(/hold\.json came while/) },
    });

    expect(await statesOf()).toMatchObject({ [first.backupId]: 'complete' });
    expect(lab.simulator.backupIds('zeebe')).toContain(Number(first.backupId));
  }, 60_000);

  it('keeps a held set until it is released, and a set that begins to be held before its turn', async () => {
    const first = await lab.run();
    await rotated();
    hold(first.backupId);
    const second = await lab.run();
    await rotated();

    await expect(deleteSet(first.backupId)).rejects.toMatchObject({
      cause: { type: 'DeletionRefused', message: expect.stringMatching(/it is held/) },
    });
    expect(lab.sets()).toEqual([first.backupId, second.backupId]);
    expect(existsSync(fileOf(first.backupId, 'tombstone.json'))).toBe(false);

    rmSync(fileOf(first.backupId, 'hold.json'));
    expect(await rotate()).toMatchObject({ deleted: [first.backupId] });
  }, 60_000);

  it('keeps a set whole for as long as a store locks something of it, and tells until when', async () => {
    const store = lab.dependencies.store('local');
    const head = store.head.bind(store);
    const first = await lab.run();
    await rotated();
    const locked = jest.spyOn(store, 'head').mockImplementation(async (key, options) => {
      const found = await head(key, options);
      const isLocked = key.endsWith('web-modeler.sql.zst') && key.includes(first.backupId);
      return found !== null && isLocked ? { ...found, retainedUntil: '2027-01-01T00:00:00.000Z' } : found;
    });
    await lab.run();

    expect(await rotated()).toMatchObject({
      deleted: [],
      left: [
        {
          backupId: first.backupId,
          reason: expect.stringContaining(
            'store local locks web-modeler.sql.zst until 2027-01-01T00:00:00.000Z',
          ),
        },
      ],
    });
    expect(lab.simulator.backupIds('zeebe')).toContain(Number(first.backupId));
    locked.mockRestore();
    expect(await rotate()).toMatchObject({ deleted: [first.backupId] });
  }, 60_000);

  it('gives back what uploads of failed sets left', async () => {
    const sweep = jest.spyOn(lab.dependencies.store('local'), 'removeUnfinished');
    lab.simulator.faults.add({ state: 'partFails', part: 'webapps', reason: 'disk full', times: 1 } as never);
    const { failedSets } = await lab.run();
    await rotated();

    const [failed] = failedSets ?? [];
    expect(failed).toBeDefined();
    expect(sweep.mock.calls.map(([prefix]) => prefix)).toContain(`demo/${failed?.backupId}/`);
  }, 60_000);

  it('never the last complete set, whoever asks', async () => {
    const { backupId } = await lab.run();
    await rotated();

    await expect(deleteSet(backupId)).rejects.toMatchObject({
      cause: { type: 'DeletionRefused', message: expect.stringMatching(/keepLast: 1 of 1/) },
    });
    expect(await statesOf()).toEqual({ [backupId]: 'complete' });
  }, 60_000);
});

describe('workflows: deletions that do not go to their end', () => {
  it('one that was broken off shows as deleting, is no backup, and is finished by the next rotation', async () => {
    const first = await lab.run();
    await rotated();
    lab.simulator.faults.add({ on: 'DELETE zeebe delete', answer: { status: 503 } });
    const second = await lab.run();
    await lab.until(() => existsSync(fileOf(first.backupId, 'tombstone.json')));
    const { workflow } = server.client;
    await workflow.getHandle(`safepoint/demo/delete/${first.backupId}`).terminate('by the test');

    const broken = await rotated();
    expect(broken.left).toMatchObject([{ backupId: first.backupId }]);
    expect(await statesOf()).toEqual({ [second.backupId]: 'complete', [first.backupId]: 'deleting' });

    lab.simulator.faults.clear();
    expect(await rotate()).toMatchObject({ deleted: [first.backupId], left: [] });
    expect(lab.sets()).toEqual([second.backupId]);
    expect(lab.simulator.backupIds('zeebe')).toEqual([Number(second.backupId)]);
  }, 60_000);

  it('one whose manifest is gone already still knows its parts', async () => {
    const first = await lab.run();
    await rotated();
    hold(first.backupId);
    const second = await lab.run();
    await rotated();
    const tombstone = {
      schema: 'safepoint/tombstone/v1',
      cluster: 'demo',
      backupId: first.backupId,
      parts: ['zeebe', 'webapps', 'optimize', 'zeebe-records'],
      reasons: ['no rule keeps it'],
      workflowId: 'w',
      deletedAt: '2026-11-26T02:00:00Z',
    };
    rmSync(path.dirname(fileOf(first.backupId, 'x')), { recursive: true });
    writeOldSet(first.backupId, { 'tombstone.json': JSON.stringify(tombstone) });

    expect(await rotate()).toMatchObject({ deleted: [first.backupId], left: [] });
    expect(lab.simulator.backupIds('zeebe')).toEqual([Number(second.backupId)]);
    expect(lab.simulator.snapshotNames().filter((name) => name.includes(first.backupId))).toEqual([]);
  }, 60_000);
});

describe('workflows: what rotation leaves alone', () => {
  it('damaged manifests, sets of others, and sets of runs that may live; dead ones go by their own rule', async () => {
    const label = formatLabel({
      verdict: 'complete',
      procedure: 'sequential',
      startedMs: 1_000,
      completedMs: 2_000,
      windowMs: 1,
      manifestBytes: '{"half'.length,
      artifacts: 0,
      artifactBytes: 0,
      manifestSha256: 'ab'.repeat(32),
    });
    writeOldSet('1000000001', {
      'intent.json': intent('1000000001'),
      'manifest.json': '{"half',
      [label]: '\n',
    });
    writeOldSet('1000000002', { 'web-modeler.sql.zst': 'of a tool that names its files like ours' });
    writeOldSet('1000000003', { 'intent.json': intent('1000000003') });
    writeOldSet('1000000004', { 'notes.txt': 'of a stranger' });

    const { backupId } = await lab.run();

    expect(await rotated()).toMatchObject({
      deleted: ['1000000003'],
      left: [{ backupId: '1000000001', reason: expect.stringMatching(/not a manifest.*by guess/) }],
    });
    expect(lab.sets()).toEqual(['1000000001', '1000000002', '1000000004', backupId]);
    expect(existsSync(fileOf('1000000004', 'notes.txt'))).toBe(true);
  }, 60_000);

  it('a file of a stranger in a set of ours stays where it is', async () => {
    const first = await lab.run();
    await rotated();
    writeFileSync(fileOf(first.backupId, 'notes.txt'), 'mine');
    await lab.run();

    expect(await rotated()).toMatchObject({ deleted: [first.backupId] });
    expect(readdirSync(path.dirname(fileOf(first.backupId, 'x')))).toEqual(['notes.txt']);
  }, 60_000);
});

describe('workflows: rotation that is started by hand', () => {
  it.each<[string, unknown, string, RegExp]>([
    ['nothing', undefined, 'InvalidInput', /input is empty/],
    ['an unknown field', { cluster: 'demo', dryRun: true }, 'InvalidInput', /unknown field "dryRun"/],
    ['a wrong type', { cluster: 'demo', backupIds: '1' }, 'InvalidInput', /backupIds is "1", must be a list/],
    ['an unknown cluster', { cluster: 'nowhere' }, 'InvalidInput', /no cluster "nowhere"/],
  ])('%s fails at once', async (_, input, type, message) => {
    const run = server.client.workflow.execute(RETAIN_WORKFLOW, {
      taskQueue: TASK_QUEUE,
      workflowId: `retain-${Math.random()}`,
      args: [input],
    });

    await expect(run).rejects.toMatchObject({ cause: { type, message: expect.stringMatching(message) } });
  });
});
