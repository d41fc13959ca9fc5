import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clusterSettings } from '../../sandbox/clusterSettings.ts';
import { Hold } from '../../src/contract/setRecords.ts';
import { startLab, startServer, type Lab, type Server } from '../workflows/lab.ts';
import { expectJson } from './expectJson.ts';
import { safepoint } from './safepoint.ts';

const RETENTION = { keepLast: 1, minComplete: 1, minAge: '0 s', failed: { keepLast: 0 } };

let server: Server;
let lab: Lab;
let env: Record<string, string>;
let ids: string[];

beforeAll(async () => {
  server = await startServer();
  lab = await startLab(server, { simulator: { profile: '8.8' } });
  ids = [];
  for (let run = 0; run < 3; run += 1) ids.unshift((await lab.run()).backupId);
  // The worker of the lab reads the config that it was started with.
  const { demo } = lab.dependencies.config.clusters;
  const { RetentionConfig } = await import('../../src/config/retention.ts');
  if (demo !== undefined) demo.retention = RetentionConfig.parse({ ...RETENTION, minComplete: 1 });
  const file = path.join(lab.storeDir, 'safepoint.yaml');
  const settings = clusterSettings(lab.simulator.urls, { store: 'local', retention: RETENTION });
  const quiet = clusterSettings(lab.simulator.urls, { store: 'local' });
  writeFileSync(
    file,
    JSON.stringify({
      stores: { local: { type: 'folder', path: lab.storeDir } },
      clusters: { demo: settings, quiet },
    }),
  );
  env = { SAFEPOINT_CONFIG: file, TEMPORAL_ADDRESS: server.temporal.address };
}, 180_000);
afterAll(async () => {
  await lab.stop();
  await server.stop();
});

function holdFile(backupId: string): string {
  return path.join(lab.storeDir, 'demo', backupId, 'hold.json');
}

describe('cli/hold, cli/release', () => {
  it('puts a set out of reach of rotation, with reason and person, and back', async () => {
    const [, second = ''] = ids;
    const held = await safepoint(['hold', second, '--reason', 'audit 2026', '--json'], env);

    expect(held.exitCode).toBe(0);
    expect(expectJson('hold', held.stdout)).toEqual({
      cluster: 'demo',
      backupId: second,
      stores: ['local'],
      done: 'held',
    });
    const hold = Hold.parse(JSON.parse(readFileSync(holdFile(second), 'utf8')));
    expect(hold).toMatchObject({ reason: 'audit 2026', by: expect.stringMatching(/.+@.+/) });
    const list = await safepoint(['list', 'demo', '--held', '--json'], env);
    expect(expectJson('list', list.stdout).sets.map(({ backupId }) => backupId)).toEqual([second]);
    const shown = await safepoint(['show', second, '--json'], env);
    expect(expectJson('show', shown.stdout).sets).toMatchObject([
      { held: true, hold: { reason: 'audit 2026' } },
    ]);
    expect((await safepoint(['show', second], env)).stdout).toMatch(
      /^ {2}held since .* by .+@.+: audit 2026$/m,
    );
    const plan = await safepoint(['prune', 'demo'], env);
    expect(plan.stdout).toMatch(new RegExp(`^keep +${second} .*held by hand`, 'm'));

    const released = await safepoint(['release', second], env);
    expect(released).toMatchObject({ exitCode: 0, stdout: `released: set ${second} of demo, in local` });
  });

  it('refuses a set that is nowhere, and a hold without a reason', async () => {
    expect(await safepoint(['hold', '1', '--reason', 'x'], env)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('no set 1 in the stores'),
    });
    expect(await safepoint(['hold', '1'], env)).toMatchObject({ exitCode: 2 });
  });
});

describe('cli/verify', () => {
  it('looks at the newest set, and at one by its id', async () => {
    const [newest = '', , oldest = ''] = ids;
    const latest = await safepoint(['verify', '--latest', '--cluster', 'demo', '--json'], env);
    const one = await safepoint(['verify', oldest], env);

    expect(expectJson('verify', latest.stdout).results).toEqual([
      { cluster: 'demo', sets: [{ backupId: newest, problems: [] }] },
    ]);
    expect(one).toMatchObject({ exitCode: 0, stdout: `demo: 1 set is whole: ${oldest}` });
    const list = await safepoint(['list', 'demo', '--newest', '1'], env);
    expect(list.stdout).toMatch(new RegExp(`${newest} .*${new Date().toISOString().slice(0, 4)}-`));
  }, 60_000);

  it('fails with what it found', async () => {
    const [newest = ''] = ids;
    const gone = lab.simulator.faults.add({ on: 'GET zeebe status', answer: { status: 404 } });
    const found = await safepoint(['verify', newest], env);
    gone.remove();

    expect(found).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(new RegExp(`VerifyFailed: set ${newest} of demo: zeebe.complete: `)),
    });
    const list = await safepoint(['list', 'demo', '--newest', '1'], env);
    expect(list.stdout).toContain('FAILED ');
    const shown = await safepoint(['show', newest], env);
    expect(shown.stdout).toMatch(/checked .*: DAMAGED\n {4}zeebe\.complete: /);
    expect((await safepoint(['verify', newest], env)).exitCode).toBe(0); // the later check counts
  }, 60_000);

  it.each([[[]], [['1', '--all']], [['--all', '--latest']], [['--sample', '0']]])(
    'refuses %j',
    async (args) => {
      expect(await safepoint(['verify', ...args], env)).toMatchObject({ exitCode: 2 });
    },
  );
});

describe('cli/prune', () => {
  it('shows every set with its reasons and deletes nothing', async () => {
    const [newest = '', second = '', oldest = ''] = ids;
    const { exitCode, stdout } = await safepoint(['prune', 'demo'], env);

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`^keep +${newest} +complete .*keepLast: 1 of 1`, 'm'));
    expect(stdout).toMatch(new RegExp(`^delete +${second} +complete .*no rule keeps it`, 'm'));
    expect(stdout).toContain('Nothing may go: 2 of 3 sets would go at once, and maxShare allows 1');
    expect(lab.sets()).toEqual([oldest, second, newest]);
  });

  it('is refused with --apply where the plan is refused, and where the cluster has no retention', async () => {
    expect(await safepoint(['prune', 'demo', '--apply'], env)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('RotationRefused: 2 of 3 sets would go at once'),
    });
    expect(await safepoint(['prune', 'quiet', '--apply'], env)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('clusters.quiet has no retention in the config'),
    });
    expect(lab.sets()).toHaveLength(3);
  });

  it('plans without Temporal, with unfinished sets kept; deletes nothing without it', async () => {
    const alone = { ...env, TEMPORAL_ADDRESS: '127.0.0.1:1' };
    const folder = path.join(lab.storeDir, 'demo', '1000000001');
    mkdirSync(folder);
    writeFileSync(
      path.join(folder, 'intent.json'),
      JSON.stringify({
        schema: 'safepoint/intent/v1',
        cluster: 'demo',
        backupId: '1000000001',
        procedure: 'sequential',
        parts: [],
        databases: [],
        workflowId: 'backup-demo-old',
        runId: 'r',
        startedAt: '2026-01-01T02:00:00.000Z',
      }),
    );
    const plan = await safepoint(['prune', 'demo', '--force'], alone);
    rmSync(folder, { recursive: true });

    expect(plan.stderr).toContain('Temporal does not answer');
    expect(plan.stdout).toMatch(
      /^keep +1000000001 .*Temporal does not say whether run backup-demo-old is over/m,
    );
    expect(await safepoint(['prune', 'demo', '--force', '--apply'], alone)).toMatchObject({ exitCode: 6 });
    expect(lab.sets()).toHaveLength(3);
  }, 60_000);

  it('deletes with --apply what it shows', async () => {
    const [newest = '', second = '', oldest = ''] = ids;
    const { exitCode, stdout } = await safepoint(['prune', 'demo', '--apply', '--force', '--json'], env);

    const { plan, done } = expectJson('prune', stdout);
    expect(exitCode).toBe(0);
    expect(plan.decisions.map(({ backupId, action }) => [backupId, action])).toEqual([
      [newest, 'keep'],
      [second, 'delete'],
      [oldest, 'delete'],
    ]);
    expect(done).toEqual({ cluster: 'demo', deleted: [oldest, second], left: [], kept: 1 });
    expect(lab.sets()).toEqual([newest]);
    expect((await safepoint(['prune', 'demo', '--apply'], env)).stdout).toContain('deleted 0; kept 1');
  }, 60_000);
});
