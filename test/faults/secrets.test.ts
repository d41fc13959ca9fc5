import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '../../sandbox/stack/ports.ts';
import { safepoint } from '../cli/safepoint.ts';
import { endOf } from './runs.ts';
import { startHostile, type Component, type Hostile } from './secrets/hostile.ts';
import { leaksIn } from './secrets/markers.ts';
import { childrenOf, listeningSockets, readTraces, type Child } from './secrets/traces.ts';
import { until } from './until.ts';
import type { WorkerProcess } from './workerProcess.ts';

let hostile: Hostile;
let worker: WorkerProcess;
beforeAll(async () => {
  hostile = await startHostile();
  await hostile.installation.freshCluster();
  tell('zeebe', 500); // the sentinel runs as soon as a worker starts
  worker = await hostile.installation.startWorker();
  const { workflow } = hostile.installation.client;
  const query = "WorkflowType = 'sentinel' AND ExecutionStatus = 'Completed'";
  await until('the sentinel has looked', async () => (await workflow.count(query)).count > 0);
  hostile.calm();
}, 120_000);
afterEach(() => {
  hostile.calm();
});
afterAll(async () => {
  await hostile.stop();
}, 60_000);

/** From now on the component tells what it was sent, to every request or to those. */
function tell(component: Component, status: number, line = /^/): void {
  hostile.echoes[component].pick = (seen) => (line.test(seen) ? status : null);
}

async function leaks(...texts: string[]): Promise<string[]> {
  const { temporal, store, logs } = await readTraces(hostile.installation);
  return [temporal, store, logs, ...texts].flatMap((text) => leaksIn(text, hostile.markers));
}

async function command(...args: string[]): Promise<{ output: string; exitCode: number | undefined }> {
  const { stdout, stderr, exitCode } = await safepoint(args, hostile.installation.env);
  return { output: `${stdout}\n${stderr}`, exitCode };
}

describe('faults: secrets, with endpoints and programs that tell what they were sent', () => {
  it.each<[string, string, [Component | 'psql' | 'pg_dumpall', number, RegExp]]>([
    ['preflight, where credentials are refused', 'AccessDenied', ['zeebe', 401, /^/]],
    ['preflight, in a program', 'PreflightFailed', ['psql', 1, /^/]],
    ['preflight, in the store', 'PreflightFailed', ['store', 403, /^PUT/]],
    ['the pause', 'AccessDenied', ['zeebe', 401, /exporting\/pause/]],
    ['the capture of webapps', 'PartRefused', ['webapps', 400, /^POST .*backup/]],
    ['the capture of optimize', 'PartRefused', ['optimize', 400, /^POST .*backup/]],
    ['the capture of zeebe-records', 'PartRefused', ['searchEngine', 400, /^PUT .*_snap/]],
    ['the capture of zeebe', 'PartRefused', ['zeebe', 400, /^POST .*backup/]],
    ['a dump', 'DumpFailed', ['pg_dumpall', 1, /^/]],
    ['the store', 'AccessDenied', ['store', 403, /^PUT .*manifest\.json/]],
  ])(
    'a backup that fails at %s leaves none of them behind',
    async (_stage, code, [what, status, line]) => {
      await hostile.installation.freshCluster();
      if (what === 'psql' || what === 'pg_dumpall') hostile.programs.behave(what, 'tell');
      else tell(what, status, line);

      const end = await endOf(await hostile.installation.startBackup());

      expect(end).toMatchObject({ status: 'FAILED', code, message: expect.stringContaining('***') });
      expect(await leaks(end.message ?? '')).toEqual([]);
    },
    60_000,
  );

  it('a backup that fails at the seal leaves none of them behind', async () => {
    const { simulator } = await hostile.installation.freshCluster();
    const handle = await hostile.installation.startBackup();
    // From here on only the seal asks for the live indices.
    await until(
      'every part is triggered',
      () =>
        simulator.triggerCount('zeebe') === 1 &&
        simulator.snapshotNames().some((name) => name.includes('zeebe_records')),
      60_000,
    );
    tell('searchEngine', 401, /_cat\/indices/);

    const end = await endOf(handle);

    expect(end).toMatchObject({
      status: 'FAILED',
      code: 'AccessDenied',
      message: expect.stringContaining('***'),
    });
    expect(await leaks(end.message ?? '')).toEqual([]);
  }, 60_000);

  it('a resume that is refused for a while shows none of them while it is tried, nor afterwards', async () => {
    const { installation } = hostile;
    const cluster = await installation.freshCluster();
    tell('zeebe', 500, /exporting\/resume/);
    const watching = command('run', 'demo');
    await until(
      'resume is refused',
      () => hostile.echoes.zeebe.echoed.filter((line) => /resume/.test(line)).length > 1,
    );

    const pending = await until('its failure is seen', async () => {
      const { raw } = await installation.windowHandle().describe();
      return raw.pendingActivities?.[0]?.lastFailure?.message;
    });
    const byHand = await Promise.all([command('resume', 'demo'), command('resume', 'demo', '--json')]);
    const found = await leaks(pending, ...byHand.map(({ output }) => output));
    hostile.calm();
    const { output, exitCode } = await watching;

    expect(pending).toContain('***');
    expect(byHand[0].output).toContain('***');
    expect(found).toEqual([]);
    expect({ output, exitCode }).toMatchObject({ exitCode: 0 });
    expect(await leaks(output)).toEqual([]);
    await cluster.timeUntilExporting();
  }, 60_000);

  it('commands print none of them, for people and as JSON', async () => {
    await hostile.installation.freshCluster();
    for (const component of Object.keys(hostile.echoes) as Component[]) tell(component, 403);
    hostile.programs.behave('psql', 'tell');
    const commands = ['doctor demo', 'list', 'show 1', 'run demo', 'resume demo'];

    const outputs: string[] = [];
    for (const line of commands.flatMap((each) => [each, `${each} --json`]))
      outputs.push((await command(...line.split(' '))).output);

    for (const output of outputs) expect(output).toContain('***');
    expect(outputs.flatMap((output) => leaksIn(output, hostile.markers))).toEqual([]);
  }, 60_000);

  it('only the programs of PostgreSQL get the password of the database, and nobody gets anything by arguments', async () => {
    await hostile.installation.freshCluster();
    hostile.programs.behave('psql', 'linger');
    hostile.programs.behave('pg_dumpall', 'linger');
    const run = await hostile.installation.startBackup();

    const children: Child[] = [];
    // One that is only asked for its version needs no password.
    const isSeen = (name: string) =>
      children.some(({ program, arguments: words }) => program === name && !words.includes('--version'));
    await until('psql, pg_dumpall and zstd were seen at work', () => {
      children.push(...childrenOf(worker.pid));
      return ['psql', 'pg_dumpall', 'zstd'].every(isSeen);
    });

    const held = children.map(
      ({ program, environment }) => [program, leaksIn(environment, hostile.markers)] as const,
    );
    const holders = new Set(held.flatMap(([program, found]) => (found.length > 0 ? [program] : [])));
    expect([...holders].sort()).toEqual(['pg_dumpall', 'psql']);
    for (const [, found] of held.filter(([, each]) => each.length > 0))
      expect(found).toEqual([expect.stringMatching(/^password of the database/)]);
    expect(children.flatMap((child) => leaksIn(child.arguments, hostile.markers))).toEqual([]);
    expect(await endOf(run)).toMatchObject({ status: 'COMPLETED' });
  }, 60_000);

  it('a worker at work listens nowhere', async () => {
    await hostile.installation.freshCluster();
    const run = await hostile.installation.startBackup();

    const sockets = listeningSockets(worker.pid);
    await endOf(run);

    expect(sockets.own).toBeGreaterThan(0); // its connections to Temporal were seen
    expect([...sockets.listening, ...listeningSockets(worker.pid).listening]).toEqual([]);
  }, 60_000);

  it('what a worker serves holds none of them while its backups fail and its store refuses it', async () => {
    const { installation } = hostile;
    const [metrics, health] = [await freePort(), await freePort()];
    const file = `${installation.env['SAFEPOINT_CONFIG'] ?? ''}.serving.yaml`;
    const config = JSON.parse(readFileSync(installation.env['SAFEPOINT_CONFIG'] ?? '', 'utf8')) as object;
    const listening = {
      metrics: { listen: `127.0.0.1:${metrics}` },
      health: { listen: `127.0.0.1:${health}` },
    };
    writeFileSync(file, JSON.stringify({ ...config, ...listening }));
    await installation.freshCluster();
    await worker.stop(); // so that the other one does the work
    const urls = [`${metrics}/metrics`, `${health}/healthz`, `${health}/readyz`, `${health}/nothing`];
    const servedWith = (line: string) =>
      until(`the metrics say ${line}`, async () => {
        const answers = await Promise.all(urls.map((url) => fetch(`http://127.0.0.1:${url}`)));
        const texts = await Promise.all(answers.map((answer) => answer.text()));
        return texts[0]?.includes(line) === true ? texts : undefined;
      });

    tell('store', 403); // already the first look at the catalog is refused
    const serving = await installation.startWorker({ SAFEPOINT_CONFIG: file });
    const refused = await servedWith('safepoint_catalog_readable{cluster="demo"} 0');
    hostile.calm();
    tell('zeebe', 400, /^POST .*backup/);
    const end = await endOf(await installation.startBackup());
    const failed = await servedWith('safepoint_sets_ended{cluster="demo",verdict="failed"} 1');

    const unread = serving.log().find(({ msg }) => msg.includes('could not be read for the metrics'));
    expect(unread).toMatchObject({ level: 40, cluster: 'demo', reason: expect.stringContaining('***') });
    expect(end).toMatchObject({ status: 'FAILED', code: 'PartRefused' });
    expect(failed.map((text) => text.trim()).slice(1)).toEqual(['alive', 'ready', 'not found']);
    expect(await leaks(...refused, ...failed)).toEqual([]);
  }, 90_000);
});
