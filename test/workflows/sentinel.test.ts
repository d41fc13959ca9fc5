import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import {
  GET_STATUS_QUERY,
  SENTINEL_WORKFLOW,
  TASK_QUEUE,
  windowWorkflowId,
} from '../../src/contract/names.ts';
import type { ClusterWatch } from '../../src/contract/sentinel.ts';
import type { BackupStatus } from '../../src/contract/status.ts';
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

const exporting = () => lab.simulator.exporting().every(({ phase }) => phase === 'EXPORTING');
const paused = () => lab.simulator.exporting().every(({ phase }) => phase === 'PAUSED');
const window = () => server.client.workflow.getHandle(windowWorkflowId('demo'));

let looks = 0;
async function startSentinel() {
  return await server.client.workflow.start(SENTINEL_WORKFLOW, {
    taskQueue: TASK_QUEUE,
    workflowId: `sentinel-test-${++looks}`,
  });
}

/** A run whose window has paused, terminated together with its window. */
async function leavePause(): Promise<void> {
  const handle = await lab.start({ cluster: 'demo' });
  await lab.until(() => lab.simulator.triggerCount('zeebe') === 1);
  await lab.stopWorker(); // so that no activity is left that could resume
  await Promise.all([handle.terminate('by hand'), window().terminate('by hand')]);
  expect(paused()).toBe(true);
  await lab.startWorker();
}

describe('workflows/sentinel', () => {
  it('resumes what a run left paused that was terminated together with its window', async () => {
    lab = await startLab(server, { simulator: { profile: '8.8', partMs: 20_000 } });
    await leavePause();

    const found = (await (await startSentinel()).result()) as ClusterWatch[];

    expect(found).toMatchObject([{ cluster: 'demo', state: 'lifted' }]);
    expect(exporting()).toBe(true);
  });

  it('fails loudly over the pause of somebody else, and leaves it', async () => {
    lab = await startLab(server, { simulator: { profile: '8.8' } });
    await lab.dependencies.camunda('demo').pauseExporting('hard');

    const failure = await failureOf(await startSentinel());

    expect(failure).toMatchObject({ type: 'ForeignPause', message: expect.stringContaining('demo: ') });
    expect(paused()).toBe(true);
  });

  it('does not touch the pause of an open window', async () => {
    lab = await startLab(server, { simulator: { profile: '8.8', partMs: 1_500 } });
    const handle = await lab.start({ cluster: 'demo' });
    await lab.until(() => lab.simulator.triggerCount('zeebe') === 1);

    const found = (await (await startSentinel()).result()) as ClusterWatch[];

    expect(found).toMatchObject([{ state: 'window' }]);
    expect(await handle.result()).toMatchObject({ verdict: 'complete' });
  });

  it('fails loudly while a window cannot resume, whose state says so too', async () => {
    lab = await startLab(server, {
      simulator: { profile: '8.8' },
      adapt: (cluster) => ({ ...cluster, budgets: { resume: '1 s' } }),
    });
    const refusal = lab.simulator.faults.add({ on: 'POST zeebe resume', answer: { status: 500 } });
    const handle = await lab.start({ cluster: 'demo' });
    await lab.until(() => refusal.hits() >= 4);

    const failure = await failureOf(await startSentinel());
    const next = await failureOf(await lab.start({ cluster: 'demo' }));

    expect(failure).toMatchObject({
      type: 'ResumeFailed',
      message: expect.stringContaining('safepoint resume demo'),
    });
    expect(next).toMatchObject({
      type: 'ClusterBusy',
      message: expect.stringContaining('cannot resume exporting'),
    });
    expect(await window().query('getStatus')).toMatchObject({ exporting: 'resume-failed' });
    const stuck = await handle.query<BackupStatus>(GET_STATUS_QUERY);
    refusal.remove();
    expect(await handle.result()).toMatchObject({ verdict: 'complete' });
    const healed = await handle.query<BackupStatus>(GET_STATUS_QUERY);

    const windowLine = ({ lines }: BackupStatus) => lines.find(({ name }) => name === 'window');
    expect(windowLine(stuck)).toMatchObject({
      state: 'running',
      problem: expect.stringMatching(/^ResumeFailed: .*`safepoint resume demo`/),
    });
    expect(windowLine(healed)).toMatchObject({ state: 'complete' });
    expect(windowLine(healed)).not.toHaveProperty('problem');
  });
});

describe('workflows/backup: after a run that died whole', () => {
  it('the activity that is left resumes within seconds, with nobody else to do it', async () => {
    lab = await startLab(server, { simulator: { profile: '8.8', partMs: 20_000 } });
    const handle = await lab.start({ cluster: 'demo' });
    await lab.until(() => lab.simulator.triggerCount('zeebe') === 1);
    const startedMs = performance.now();

    await Promise.all([window().terminate('by hand'), handle.terminate('by hand')]);
    await lab.until(exporting);

    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });

  it('a pause that lands after its window was terminated, and after backup has resumed, is taken back', async () => {
    lab = await startLab(server, { simulator: { profile: '8.8' } });
    const { promise: hold, resolve: letGo } = Promise.withResolvers<unknown>();
    const asked = lab.simulator.faults.add({ on: 'POST zeebe pause', hold, times: 1 });
    const handle = await lab.start({ cluster: 'demo' });
    await lab.until(() => asked.hits() === 1);

    await window().terminate('by hand');
    const failure = await failureOf(handle);
    const resumes = () =>
      lab.simulator.requests.filter(({ path }) => path === '/actuator/exporting/resume').length;
    const before = resumes();
    letGo(undefined);
    await lab.until(() => resumes() > before);
    await lab.until(exporting);

    expect(failure).toMatchObject({ type: 'WindowLost' });
  });

  it('the next run lifts the pause itself, deletes what hangs, and says so in its manifest', async () => {
    lab = await startLab(server, { simulator: { profile: '8.8', partMs: 1_000 } });
    lab.simulator.faults.add({ state: 'partStays', part: 'zeebe', word: 'IN_PROGRESS', times: 1 });
    await leavePause();

    const result = await lab.run();

    expect(result).toMatchObject({ verdict: 'complete' });
    expect(lab.simulator.backupIds('zeebe').map(String)).toEqual([result.backupId]);
    const { findings } = lab.manifest(result);
    expect(findings.map(({ check }) => check)).toEqual(
      expect.arrayContaining(['exporting.healed', 'zeebe.healed']),
    );
  });

  it('a window that is reset to before its pause knows the pause as its own, and resumes', async () => {
    lab = await startLab(server, { simulator: { profile: '8.8', partMs: 3_000 } });
    const handle = await lab.start({ cluster: 'demo' });
    await lab.until(() => lab.simulator.triggerCount('zeebe') === 1);

    await execa(server.temporal.cliPath, [
      ...[
        'workflow',
        'reset',
        '--address',
        server.temporal.address,
        '--workflow-id',
        windowWorkflowId('demo'),
      ],
      ...['--event-id', '3', '--reason', 'by hand'],
    ]);
    await handle.result().catch(() => undefined);

    await lab.until(exporting);
    expect(lab.simulator.triggerCount('zeebe')).toBe(1);
  });
});
