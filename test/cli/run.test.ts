import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { connectBackupRuns } from '../../src/cli/backupRuns.ts';
import { NO_WORKER, watchRun } from '../../src/cli/watch.ts';
import { windowWorkflowId } from '../../src/contract/names.ts';
import { startLab, startServer, type Lab, type Server } from '../workflows/lab.ts';
import { expectJson } from './expectJson.ts';
import { recordProgress, safepoint } from './safepoint.ts';

let server: Server;
let lab: Lab | undefined;
let env: Record<string, string>;

beforeAll(async () => {
  server = await startServer();
  env = { TEMPORAL_ADDRESS: server.temporal.address, TEMPORAL_NAMESPACE: server.temporal.namespace };
}, 120_000);
afterAll(async () => {
  await server.stop();
});
afterEach(async () => {
  await lab?.stop();
  lab = undefined;
});

function workflowIdIn(output: string): string {
  return /backup-[a-z]+-[\dT-]+-[\da-f]{4}/.exec(output)?.[0] ?? 'none';
}

describe('cli/run: with a worker', () => {
  it('shows each change of state once and ends with the whole result', async () => {
    lab = await startLab(server, { simulator: { profile: '8.8' } });

    const { exitCode, stdout, stderr } = await safepoint(['run', 'demo'], env);

    expect(exitCode).toBe(0);
    expect(stderr.match(/ webapps complete: /g)).toHaveLength(1);
    expect(stderr).toMatch(/^\S+Z seal complete: /m);
    expect(stderr).not.toContain('\u001b');
    expect(stdout).toMatch(/^complete: backup \d+ of demo$/m);
    expect(stdout).toMatch(/^zeebe-records +SUCCESS +\d/m);
    expect(stdout).toMatch(/^manifest +demo\/\d+\/manifest\.json in store local$/m);
    expect(stdout).toContain(`temporal workflow show -w ${workflowIdIn(stderr)}`);
  });

  it('prints nothing but JSON to stdout with --json', async () => {
    lab = await startLab(server, { simulator: { profile: '8.6' } });

    const { exitCode, stdout } = await safepoint(['run', 'demo', '--procedure', 'parallel', '--json'], env);

    const { workflowId, result } = expectJson('run', stdout);
    expect(exitCode).toBe(0);
    expect(workflowId).toMatch(/^backup-demo-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-[\da-f]{4}$/);
    expect(result).toMatchObject({
      cluster: 'demo',
      verdict: 'complete',
      procedure: 'parallel',
      cut: 'proven',
    });
  });

  it('says which clusters there are, exit code 2', async () => {
    lab = await startLab(server, { simulator: { profile: '8.8' } });

    const { exitCode, stdout, stderr } = await safepoint(['run', 'nope', '--json'], env);

    expect(exitCode).toBe(2);
    expect(stderr).toContain('InvalidInput: no cluster "nope" in the config; it has demo');
    expect(expectJson('failure', stdout).error).toMatchObject({ code: 'InvalidInput' });
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it('names the run that holds the window, exit code 4', async () => {
    lab = await startLab(server, { simulator: { profile: '8.8' } });
    const holder = await server.client.workflow.start('backupWindow', {
      taskQueue: 'nobody',
      workflowId: windowWorkflowId('demo'),
    });

    const { exitCode, stderr } = await safepoint(['run', 'demo'], env);
    await holder.terminate();

    expect(exitCode).toBe(4);
    expect(stderr).toContain(`ClusterBusy: cluster demo is busy: the window ${windowWorkflowId('demo')}`);
  });

  it('shows every finding of a preflight that failed, exit code 5', async () => {
    lab = await startLab(server, {
      simulator: { profile: '8.8' },
      adapt: (cluster) => ({ ...cluster, searchEngine: { url: 'http://127.0.0.1:1' } }),
    });

    const { exitCode, stderr } = await safepoint(['run', 'demo'], env);

    expect(exitCode).toBe(5);
    expect(stderr).toContain('PreflightFailed: ');
  });

  it('shows the parts of the set that it takes after a lost one', async () => {
    lab = await startLab(server, { simulator: { profile: '8.8', partMs: 600 } });
    lab.simulator.faults.add({ state: 'partFails', part: 'webapps', times: 1 });

    const { exitCode, stderr } = await safepoint(['run', 'demo'], env);

    expect(exitCode).toBe(0);
    expect(stderr).toMatch(
      / webapps failed: [^]* window failed: [^]* zeebe complete: [^]* webapps complete: /,
    );
    expect(stderr.match(/ preflight complete: .*, set \d+$/gm)).toHaveLength(2);
  }, 60_000);

  it('returns at once with --detach', async () => {
    lab = await startLab(server, { simulator: { profile: '8.8' } });

    const { exitCode, stdout } = await safepoint(['run', 'demo', '--detach'], env);
    const result: unknown = await server.client.workflow.getHandle(workflowIdIn(stdout)).result();

    expect(exitCode).toBe(0);
    expect(result).toMatchObject({ verdict: 'complete' });
  });
});

describe('cli/run: interrupted', () => {
  it('lets the run go on and says how to cancel it, exit code 130', async () => {
    const running = safepoint(['run', 'demo'], env);
    await once(running.stderr, 'data');

    running.kill('SIGINT');
    const { exitCode, stderr } = await running;
    const handle = server.client.workflow.getHandle(workflowIdIn(stderr));
    const { status } = await handle.describe();
    await handle.terminate();

    expect(exitCode).toBe(130);
    expect(stderr).toContain(`temporal workflow cancel -w ${handle.workflowId}`);
    expect(status.name).toBe('RUNNING');
  });
});

describe('cli/watch: without a worker', () => {
  it('says so once, then gives up with exit code 6 and leaves the run', async () => {
    const runs = await connectBackupRuns({
      connectionOptions: { address: server.temporal.address },
      namespace: server.temporal.namespace,
    });
    const run = await runs.start('backup-demo-without-worker', { cluster: 'demo' });
    const progress = recordProgress();

    const watched = watchRun(runs, run, progress, {
      signal: new AbortController().signal,
      intervalMs: 10,
      noWorkerMs: 6_000,
    });
    await expect(watched).rejects.toMatchObject({ failure: { code: 'WorkerUnreachable', exitCode: 6 } });
    const { status } = await server.client.workflow.getHandle(run.workflowId).describe();
    await server.client.workflow.getHandle(run.workflowId).terminate();
    await runs.close();

    expect(progress.said).toEqual([NO_WORKER]);
    expect(status.name).toBe('RUNNING');
  });
});
