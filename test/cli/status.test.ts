import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { poll } from '../../sandbox/stack/poll.ts';
import type { StatusJson } from '../../src/cli/json.ts';
import { BACKUP_WORKFLOW, scheduleIdOf, TASK_QUEUE } from '../../src/contract/names.ts';
import { startPlace, type Place } from './place.ts';
import { expectJson } from './expectJson.ts';
import { safepoint } from './safepoint.ts';

let place: Place;
let client: Client;
let worker: ReturnType<typeof safepoint> | undefined;

beforeAll(async () => {
  place = await startPlace({ sentinel: { every: '1 h' } });
  client = new Client({ connection: await Connection.connect({ address: place.temporal.address }) });
}, 120_000);
afterEach(async () => {
  place.simulator.faults.clear();
  worker?.kill('SIGTERM');
  await worker;
  worker = undefined;
}, 60_000);
afterAll(async () => {
  await client.connection.close();
  await place.stop();
});

const command = (...args: string[]) => safepoint(args, place.env);

async function status(): Promise<StatusJson> {
  return expectJson('status', (await command('status', '--json')).stdout);
}

async function startRun(): Promise<string> {
  const { stdout } = await command('run', 'demo', '--detach', '--json');
  return expectJson('run', stdout).workflowId;
}

/** A part that never ends keeps a run at work. */
function holdZeebe(): void {
  place.simulator.faults.add({ state: 'partStays', part: 'zeebe', word: 'IN_PROGRESS' });
}

describe('cli/status', () => {
  it('says what is wrong before there is anything, with exit code 1', async () => {
    const { exitCode, stdout } = await command('status');

    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/✖ +demo +none/);
    expect(stdout).toMatch(/no worker asks for work[^]*demo: there is no complete set/);
  });

  it('is content with a complete set and a worker, with exit code 0', async () => {
    worker = command('worker');
    await command('run', 'demo');

    const { exitCode, stdout } = await command('status', 'demo');
    const { clusters, workers } = await status();

    expect(stdout).toMatch(/✔ +demo +\d+ +\d+s[^]*1 worker[^]*All is well/);
    expect(exitCode).toBe(0);
    expect(workers).toBe(1);
    expect(clusters).toMatchObject([
      { lastGood: { state: 'complete' }, newest: null, running: [], problems: [] },
    ]);
  }, 90_000);

  it('shows which part runs, since when, and how far it is; cancel ends it with exporting resumed', async () => {
    worker = command('worker');
    holdZeebe();
    const workflowId = await startRun();

    const seen = await poll('zeebe is at work', 60_000, async () => {
      const [demo] = (await status()).clusters;
      return demo?.running[0]?.steps.some(({ name }) => name === 'zeebe') ? demo : undefined;
    });
    const shown = await command('status');
    const cancelled = await command('cancel', 'demo', '--json');
    const after = await status();

    expect(seen.running).toMatchObject([
      { workflowId, stage: 'window', backupId: expect.stringMatching(/^\d+$/) },
    ]);
    expect(Date.parse(seen.running[0]?.steps[0]?.since ?? '')).toBeGreaterThan(Date.now() - 60_000);
    expect(shown.stdout).toMatch(/demo .*\d+: zeebe \d+s/);
    expect(cancelled).toMatchObject({ exitCode: 0 });
    expect(expectJson('cancel', cancelled.stdout)).toMatchObject({
      workflowId,
      cluster: 'demo',
      end: { state: 'cancelled' },
    });
    expect(place.simulator.exporting().map(({ phase }) => phase)).toEqual(['EXPORTING', 'EXPORTING']);
    expect(after.clusters[0]).toMatchObject({
      newest: { state: 'failed' },
      problems: [expect.stringMatching(/^the newest set, \d+, is failed: BackupCancelled/)],
    });
  }, 120_000);

  it('tells of a run whose worker is gone', async () => {
    const workflowId = await startRun();

    const seen = await poll('the run is listed', 20_000, async () => {
      const [demo] = (await status()).clusters;
      return demo?.running.length === 1 ? demo : undefined;
    });
    await client.workflow.getHandle(workflowId).terminate();

    expect(seen.running).toMatchObject([{ workflowId, stage: null, steps: [] }]);
  }, 60_000);

  it('counts what a schedule skipped, and says that no set came of it', async () => {
    const file = place.env.SAFEPOINT_CONFIG ?? '';
    const nightly = {
      cluster: 'demo',
      cron: '0 2 * * *',
      timezone: 'UTC',
      jitter: '0 s',
      overlap: 'skip',
      catchupWindow: '6 h',
    };
    writeFileSync(
      file,
      JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), schedules: { nightly } }),
    );
    // No worker: the first run stays open, and Temporal skips those that follow.
    await client.schedule.create({
      scheduleId: scheduleIdOf('nightly'),
      spec: { intervals: [{ every: '1 s' }] },
      action: {
        type: 'startWorkflow',
        workflowType: BACKUP_WORKFLOW,
        workflowId: 'backup-nightly',
        taskQueue: TASK_QUEUE,
        args: [{ cluster: 'demo' }],
      },
      policies: { overlap: 'SKIP', catchupWindow: '10 s' },
    });

    const seen = await poll('two are skipped', 30_000, async () => {
      const [demo] = (await status()).clusters;
      return (demo?.schedules[0]?.schedule?.skipped ?? 0) >= 2 ? demo : undefined;
    });
    const { stdout } = await command('schedule', 'list');
    await client.schedule.getHandle(scheduleIdOf('nightly')).delete();

    expect(seen.problems).toContainEqual(
      expect.stringMatching(/^schedule nightly: differs from the config in cron, catchupWindow/),
    );
    expect(stdout).toMatch(/nightly +demo .* running +0 +[1-9]/);
  }, 60_000);

  it('shows the sets when Temporal is away, with exit code 6', async () => {
    const { exitCode, stdout } = await safepoint(['status'], {
      ...place.env,
      TEMPORAL_ADDRESS: '127.0.0.1:1',
    });

    expect(exitCode).toBe(6);
    expect(stdout).toMatch(/demo +\d{10}[^]*Temporal does not answer/);
  });

  it('refuses a cluster that is not there', async () => {
    expect(await command('status', 'prd')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('there are demo'),
    });
  });
});

describe('cli/cancel', () => {
  it('refuses where nothing runs', async () => {
    const { exitCode, stderr } = await command('cancel', 'prod');

    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^InvalidInput: no backup of "prod" runs/);
  });

  it('asks which of two runs is meant', async () => {
    const ids = ['backup-a', 'backup-b'];
    const start = (workflowId: string) =>
      client.workflow.start(BACKUP_WORKFLOW, {
        taskQueue: TASK_QUEUE,
        workflowId,
        args: [{ cluster: 'two' }],
      });
    const handles = await Promise.all(ids.map(start));
    await poll('both are listed', 20_000, async () => {
      const { stderr } = await command('cancel', 'two', '--run', 'nope');
      return stderr.includes('backup-b') && stderr.includes('backup-a') ? true : undefined;
    });

    const { exitCode, stderr } = await command('cancel', 'two');
    await Promise.all(handles.map((handle) => handle.terminate()));

    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/several runs of two are open: backup-[ab], backup-[ab]; choose with --run/);
  }, 60_000);
});
