import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { expectNothingLeft } from './expectNothingLeft.ts';
import { startInstallation, type Installation } from './installation.ts';
import { endOf, untilWithin } from './runs.ts';

const root = path.join(import.meta.dirname, '../..');
let installation: Installation;
let older: string;

beforeAll(async () => {
  older = makeOlderVersion();
  installation = await startInstallation();
}, 120_000);
afterEach(async () => {
  for (const worker of installation.workers()) await worker.kill();
});
afterAll(async () => {
  await installation.stop();
  rmSync(older, { recursive: true });
}, 60_000);

/** The source as it is, but for what decides over new steps: plans as 0.1.0 made them (decision 0013). */
function makeOlderVersion(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'safepoint-older-'));
  for (const part of ['src', 'package.json'])
    cpSync(path.join(root, part), path.join(folder, part), { recursive: true });
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  const file = path.join(folder, 'src/activities/plan.ts');
  const text = readFileSync(file, 'utf8');
  const plan = text.replace(/^ *resumeMs: .*\n/m, '').replace(/^ *attempts: .*\n/m, '');
  expect(text.split('\n').length - plan.split('\n').length).toBe(2);
  writeFileSync(file, plan);
  return folder;
}

/** A run that the older worker has begun and brought into its window, taken over by a worker of today. */
async function upgradeInWindow(break_: (at: ReturnType<Installation['cluster']>) => void = () => undefined) {
  const cluster = await installation.freshCluster({ partMs: 2_000 });
  break_(cluster);
  // The bundle is of today, so the older worker makes its own.
  const worker = await installation.startWorker({ SAFEPOINT_WORKFLOW_BUNDLE: '' }, path.join(older, 'src'));
  const handle = await installation.startBackup();
  await untilWithin(handle, 'zeebe is at work', () => cluster.simulator.triggerCount('zeebe') === 1);
  await worker.kill();
  await installation.startWorker();
  return { cluster, handle };
}

describe('faults/upgrade: the worker is killed in the window, and one of a newer version takes over', () => {
  it('the backup ends complete, each part triggered once', async () => {
    const { handle } = await upgradeInWindow();

    expect(await endOf(handle)).toMatchObject({ status: 'COMPLETED', result: { verdict: 'complete' } });
    await expectNothingLeft(installation);
  }, 90_000);

  it('and a part fails: the run ends as it began, with one set, and exporting runs', async () => {
    const { handle, cluster } = await upgradeInWindow(({ simulator }) =>
      simulator.faults.add({ state: 'partFails', part: 'webapps', times: 1 }),
    );

    expect(await endOf(handle)).toMatchObject({ status: 'FAILED', code: 'PartFailed' });
    expect(cluster.simulator.triggerCount('zeebe')).toBe(1);
    await expectNothingLeft(installation);
  }, 90_000);
});
