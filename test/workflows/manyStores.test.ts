import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { planRotation } from '../../src/activities/rotation.ts';
import type { BackupResult } from '../../src/contract/backup.ts';
import { SafepointError } from '../../src/contract/errors.ts';
import { retainWorkflowId, TASK_QUEUE, VERIFY_WORKFLOW } from '../../src/contract/names.ts';
import { listCatalog } from '../../src/storage/catalog.ts';
import { repairSet } from '../../src/storage/repair/repairSet.ts';
import { wholeDump, writePrograms } from '../faults/fakePrograms.ts';
import { startLab, startServer, type Lab, type Server } from './lab.ts';

const DUMP = 'web-modeler.sql.zst.age';

let server: Server;
let lab: Lab;
let dir: string;
let first: BackupResult;

beforeAll(async () => {
  server = await startServer();
  dir = mkdtempSync(path.join(tmpdir(), 'safepoint-many-stores-'));
  mkdirSync(path.join(dir, 'offsite'));
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  process.env.MANY_STORES_PASSWORD = 'none';
  process.env.MANY_STORES_IDENTITY = identity;
  const binDir = writePrograms(path.join(dir, 'programs'), { pg_dumpall: wholeDump(10_000) });
  const password = { env: 'MANY_STORES_PASSWORD' };
  lab = await startLab(server, {
    simulator: { profile: '8.8' },
    stores: { offsite: { type: 'folder', path: path.join(dir, 'offsite') } },
    adapt: (cluster) => ({
      ...cluster,
      copies: ['offsite'],
      encryption: {
        recipients: [recipient],
        identity: { env: 'MANY_STORES_IDENTITY' },
      },
      databases: { 'web-modeler': { host: '127.0.0.1', user: 'nobody', password, binDir } },
      retention: { keepLast: 1, minComplete: 1, minAge: '0 s', maxShare: 1 },
    }),
  });
  first = await lab.run();
}, 120_000);
afterAll(async () => {
  await lab.stop();
  await server.stop();
  rmSync(dir, { recursive: true });
});

const offsite = (...names: string[]) => path.join(dir, 'offsite', 'demo', ...names);
const local = (...names: string[]) => path.join(lab.storeDir, 'demo', ...names);

async function verify(): Promise<unknown> {
  const workflowId = `verify-${Math.random()}`;
  return await server.client.workflow.execute(VERIFY_WORKFLOW, {
    taskQueue: TASK_QUEUE,
    workflowId,
    args: [{ cluster: 'demo' }],
  });
}

/** Why rotation keeps the set. */
async function keepsBy(backupId: string): Promise<string[] | undefined> {
  const { config, store } = lab.dependencies;
  const { decisions } = await planRotation({ config, store, runs: null }, 'demo');
  return decisions.find((each) => each.backupId === backupId)?.reasons;
}

async function repair(): Promise<void> {
  const stores = ['local', 'offsite'].map((name) => lab.dependencies.store(name));
  await repairSet({ stores, cluster: 'demo', backupId: first.backupId, dryRun: false });
}

describe('workflows: a set in several stores, encrypted', () => {
  it('is the same in each of them, and whole', async () => {
    expect(first.verdict).toBe('complete');
    const { backupId } = first;
    expect(readdirSync(offsite(backupId)).filter((name) => !/^(check|label)/.test(name))).toEqual([
      'manifest.json',
      DUMP,
    ]);
    for (const name of ['manifest.json', DUMP])
      expect(readFileSync(offsite(backupId, name))).toEqual(readFileSync(local(backupId, name)));
    expect(await verify()).toMatchObject({ sets: [{ backupId, problems: [] }] });
    const { entries } = await listCatalog([
      lab.dependencies.store('local'),
      lab.dependencies.store('offsite'),
    ]);
    expect(entries.map(({ store, state }) => [store, state]).sort()).toEqual([
      ['local', 'complete'],
      ['offsite', 'complete'],
    ]);
  }, 60_000);

  it('that one store damaged is found by `verify`, mended by `repair`, and whole again', async () => {
    const { backupId } = first;
    const dump = readFileSync(local(backupId, DUMP));
    rmSync(offsite(backupId, DUMP));

    await expect(verify()).rejects.toMatchObject({
      cause: { type: 'VerifyFailed', message: expect.stringMatching(/web-modeler.*offsite/) },
    });
    expect(await keepsBy(backupId)).toContain('keepLast: 1 of 1'); // one store has it whole
    rmSync(local(backupId, DUMP));
    await expect(verify()).rejects.toMatchObject({ cause: { type: 'VerifyFailed' } });
    expect(await keepsBy(backupId)).not.toContain('keepLast: 1 of 1');
    writeFileSync(local(backupId, DUMP), dump);
    await repair();
    expect(await verify()).toMatchObject({ sets: [{ problems: [] }] });
  }, 60_000);

  it('with two manifests of one id is found, and says which store has the one that was not written so', async () => {
    const manifest = offsite(first.backupId, 'manifest.json');
    const text = readFileSync(manifest, 'utf8');
    writeFileSync(
      manifest,
      text.replace('"complete"', '"Complete"').replace('"Complete"', '"partial" '.trimEnd()),
    );

    await expect(verify()).rejects.toMatchObject({
      cause: {
        type: 'VerifyFailed',
        message: expect.stringMatching(/manifest\.offsite: .*not as it was written/),
      },
    });
    await expect(verify()).rejects.toMatchObject({
      cause: { message: expect.stringMatching(/manifest\.same: the manifests of the stores differ/) },
    });
    writeFileSync(manifest, text);
    expect(await verify()).toMatchObject({ sets: [{ problems: [] }] });
  }, 60_000);

  it('is deleted from all of them by rotation', async () => {
    const { backupId } = await lab.run();

    const rotated: unknown = await server.client.workflow.getHandle(retainWorkflowId('demo')).result();

    expect(rotated).toMatchObject({ deleted: [first.backupId], left: [] });
    expect(readdirSync(offsite())).toEqual([backupId]);
    expect(lab.sets()).toEqual([backupId]);
  }, 60_000);

  it('is not rotated while one of its stores cannot be read', async () => {
    const store = lab.dependencies.store('offsite');
    const listFolders = store.listFolders.bind(store);
    store.listFolders = () => Promise.reject(new SafepointError('StoreFailed', 'the mount is gone'));
    const run = server.client.workflow.execute('retain', {
      taskQueue: TASK_QUEUE,
      workflowId: 'retain-unreadable',
      args: [{ cluster: 'demo' }],
      workflowRunTimeout: '3 s',
    });

    await expect(run).rejects.toMatchObject({ cause: { type: 'StoreFailed' } });
    store.listFolders = listFolders;
    expect(lab.sets()).toHaveLength(1);
  }, 60_000);
});
