import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { DRILL_WORKFLOW, RESTORE_WORKFLOW, TASK_QUEUE } from '../../src/contract/names.ts';
import { safepoint } from '../cli/safepoint.ts';
import { startSite, waitingIn, type Site } from './site.ts';

let site: Site;
let backupId: string;

beforeAll(async () => {
  site = await startSite();
  backupId = await site.backup();
}, 120_000);
afterAll(async () => {
  await site.stop();
});

/** What *User Metadata* shows in the UI. */
async function detailsOf(handle: WorkflowHandle): Promise<string> {
  const metadata = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
  return metadata.currentDetails;
}

/** Runs it to its end, as the UI starts it. */
async function run(workflowType: string, input: object): Promise<WorkflowHandle> {
  const options = { workflowId: `by-hand-${workflowType}`, taskQueue: TASK_QUEUE, args: [input] };
  const handle = await site.client.workflow.start(workflowType, options);
  await handle.result();
  return handle;
}

describe('workflows/restore, workflows/drill: current details', () => {
  it('say how a waiting restore is approved, then why it failed and what to do', async () => {
    const { workflowId, digest } = waitingIn((await safepoint(['restore', backupId], site.env)).stdout);
    const handle = site.client.workflow.getHandle(workflowId);
    site.once('stop', () => Promise.reject(new Error('the operator does not answer')));

    const waiting = await detailsOf(handle);
    await safepoint(['approve', workflowId, digest], site.env);
    await expect(handle.result()).rejects.toThrow();
    const failed = await detailsOf(handle);

    expect(waiting).toContain(`#${backupId} into demo: waits for approval`);
    expect(waiting).toContain(`\`safepoint approve ${workflowId} ${digest}\``);
    expect(failed).toContain('into demo: failed, HookFailed');
    expect(failed).toContain('the operator does not answer');
    expect(failed).toContain('Start the same restore again');
  }, 60_000);

  it('say what a restore has proven, and each step on a line that fits', async () => {
    const handle = await run(RESTORE_WORKFLOW, { cluster: 'demo', backupId, unattended: true });

    const details = await detailsOf(handle);
    const steps = await detailsOf(site.window());
    expect(details).toMatch(/into demo: restored in [\d.]+ s/);
    expect(details).toMatch(/Proven:[^]*- all \d+ indices of the backup are there[^]*Not proven:/);
    const rows = steps.split('\n').filter((line) => line.includes('complete'));
    expect(rows).toContainEqual(expect.stringMatching(/^webapps-1 of \d+ /));
    expect(Math.max(...rows.map(({ length }) => length))).toBeLessThan(80);
  }, 60_000);

  it('say what a drill has proven', async () => {
    const handle = await run(DRILL_WORKFLOW, { cluster: 'demo', backupId, level: 'stored' });

    const details = await detailsOf(handle);
    expect(details).toMatch(/^\*\*Drill of demo #\d+, level stored: passed in [\d.]+ s\*\*/);
    expect(details).toContain('- manifest, dumps, parts and snapshots are as they were sealed');
  }, 60_000);
});
