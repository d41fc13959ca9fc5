import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { REPLICATE_WORKFLOW, replicateWorkflowId, TASK_QUEUE } from '../../src/contract/names.ts';
import type { ReplicateResult } from '../../src/contract/replica.ts';
import { contentOf } from '../storage/replica/stores.ts';
import { copyPairs, copyStores, writeComponentBackups, type CopyStore } from './componentBackups.ts';
import { failureOf, startLab, startServer, type Lab, type Server } from './lab.ts';

const FIRST = '1900000000';
const SECOND = '1900000001';

let server: Server;
let lab: Lab;
let root: string;

beforeAll(async () => {
  server = await startServer();
}, 120_000);
afterAll(async () => {
  await server.stop();
});
beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'safepoint-replicate-'));
});
afterEach(async () => {
  await lab.stop();
  rmSync(root, { recursive: true });
});

function startReplicating(afterBackup: boolean): Promise<Lab> {
  return startLab(server, {
    simulator: { profile: '8.8' },
    stores: copyStores(root),
    adapt: (cluster) => ({ ...cluster, replicate: { ...copyPairs, afterBackup } }),
  });
}

const at = (name: CopyStore) => lab.dependencies.store(name);

function replicate(input: unknown, workflowId = replicateWorkflowId('demo')): Promise<WorkflowHandle> {
  return server.client.workflow.start(REPLICATE_WORKFLOW, {
    taskQueue: TASK_QUEUE,
    workflowId,
    args: [input],
  });
}

async function expectCopied(): Promise<void> {
  expect(await contentOf(at('zeebe-copy'))).toEqual(await contentOf(at('zeebe')));
  expect(await contentOf(at('snapshots-copy'))).toEqual(await contentOf(at('snapshots')));
}

describe('workflows/replicate', () => {
  it('is the last stage of a backup where told; what fails there is told and fails nothing', async () => {
    lab = await startReplicating(true);

    const alone = await lab.run({ cluster: 'demo', backupId: FIRST });
    await writeComponentBackups(lab, SECOND, FIRST);
    const copied = await lab.run({ cluster: 'demo', backupId: SECOND });

    expect(alone).toMatchObject({ verdict: 'complete', reasons: [], replica: { state: 'failed' } });
    expect(alone.replica?.problem).toMatch(
      /^set 1900000000 is whole, but its copy is not: ReplicaRefused: zeebe: .*no completed backup.*; snapshots: .*no index-N.*repeat it with `safepoint replicate demo 1900000000`$/,
    );
    expect(copied).toMatchObject({
      verdict: 'complete',
      replica: { state: 'copied', workflowId: 'safepoint/demo/replicate' },
    });
    await expectCopied();
    expect(lab.sets()).toEqual([FIRST, SECOND]);
  }, 60_000);

  it('copies the newest complete set by hand, and a second one at the same time is refused', async () => {
    lab = await startReplicating(false);
    const { replica } = await lab.run({ cluster: 'demo', backupId: FIRST });
    await writeComponentBackups(lab, FIRST);
    await lab.stopWorker();

    const handle = await replicate({ cluster: 'demo' });
    const second = replicate({ cluster: 'demo' });
    await expect(second).rejects.toThrow(/already started/);
    await lab.startWorker();
    const result = (await handle.result()) as ReplicateResult;

    expect(replica).toBeUndefined();
    expect(result).toMatchObject({ cluster: 'demo', backupId: FIRST });
    expect(result.replicas.map(({ kind, objects }) => [kind, objects])).toEqual([
      ['zeebe', 6],
      ['snapshots', 2],
    ]);
    await expectCopied();
    expect((await lab.events(handle.workflowId)).length).toBeLessThanOrEqual(25);
  }, 60_000);

  it('copies the repository although Zeebe cannot be copied, and fails with both in mind', async () => {
    lab = await startReplicating(false);
    await lab.run({ cluster: 'demo', backupId: FIRST });
    await writeComponentBackups(lab, FIRST);
    await at('zeebe').remove(`2/${FIRST}/0/manifest.json`);

    const failure = await failureOf(await replicate({ cluster: 'demo', backupId: FIRST }));

    expect(failure).toMatchObject({
      type: 'ReplicaRefused',
      message: expect.stringMatching(/^zeebe: .*partition 2 of 2/),
    });
    expect(await contentOf(at('snapshots-copy'))).toEqual(await contentOf(at('snapshots')));
    expect(await contentOf(at('zeebe-copy'))).toEqual({});
  }, 60_000);

  it('goes on after a worker was stopped in the middle of it', async () => {
    lab = await startReplicating(false);
    await lab.run({ cluster: 'demo', backupId: FIRST });
    await writeComponentBackups(lab, FIRST);
    lab.simulator.faults.add({ on: 'GET searchEngine running', delayMs: 2_000, times: 1 });

    const handle = await replicate({ cluster: 'demo' });
    await lab.until(() => lab.simulator.requests.some(({ path: asked }) => asked === '/_snapshot/_status'));
    await lab.stopWorker();
    await lab.startWorker();

    const { replicas } = (await handle.result()) as ReplicateResult;
    expect(replicas).toHaveLength(2);
    await expectCopied();
  }, 60_000);

  it('ends when it is cancelled while it waits', async () => {
    lab = await startReplicating(false);
    await lab.run({ cluster: 'demo', backupId: FIRST });
    await writeComponentBackups(lab, FIRST);
    lab.simulator.faults.add({ state: 'partStays', part: 'zeebe', word: 'IN_PROGRESS' });
    const holder = await lab.start({ cluster: 'demo' });
    await lab.until(() => lab.simulator.triggerCount('zeebe') === 2);

    const handle = await replicate({ cluster: 'demo' });
    await lab.until(() => existsSync(path.join(root, 'zeebe-copy', '2', FIRST, '0', 'manifest.json')));
    await handle.cancel();

    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    expect(await contentOf(at('snapshots-copy'))).toEqual({});
    await holder.cancel();
    await holder.result().catch(() => undefined);
  }, 60_000);

  it.each([
    [{}, 'cluster is missing'],
    [{ cluster: 'demo', readBack: 'yes' }, 'readBack is "yes", must be true or false'],
    [{ cluster: 'demo', backupID: '7' }, 'unknown field "backupID"'],
    [{ cluster: 'demo', backupId: '7' }, 'there is no set 7 with a manifest of demo'],
  ])('refuses %j: %s', async (input, problem) => {
    lab = await startReplicating(false);

    const failure = await failureOf(await replicate(input));

    expect(failure.message).toContain(problem);
  });

  it('refuses another workflow id, and a cluster without `replicate`', async () => {
    lab = await startReplicating(false);
    const wrongId = await failureOf(await replicate({ cluster: 'demo' }, 'my-copy'));
    await lab.stop();
    lab = await startLab(server, { simulator: { profile: '8.8' } });
    const notConfigured = await failureOf(await replicate({ cluster: 'demo' }));

    expect(wrongId).toMatchObject({
      type: 'InvalidInput',
      message: expect.stringContaining('must be safepoint/demo/replicate'),
    });
    expect(notConfigured).toMatchObject({
      type: 'InvalidInput',
      message: expect.stringContaining('no `replicate` for cluster "demo"'),
    });
  });
});
