import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clusterSettings } from '../../sandbox/clusterSettings.ts';
import { copyPairs, copyStores, writeComponentBackups } from '../workflows/componentBackups.ts';
import { startLab, startServer, type Lab, type Server } from '../workflows/lab.ts';
import { expectJson } from './expectJson.ts';
import { safepoint } from './safepoint.ts';

const ID = '1900000000';

let server: Server;
let lab: Lab;
let env: Record<string, string>;
const root = mkdtempSync(path.join(os.tmpdir(), 'safepoint-replicate-'));
const stores = copyStores(root);

beforeAll(async () => {
  server = await startServer();
  lab = await startLab(server, {
    simulator: { profile: '8.8' },
    stores,
    adapt: (cluster) => ({ ...cluster, replicate: copyPairs }),
  });
  await lab.run({ cluster: 'demo', backupId: ID });
  await writeComponentBackups(lab, ID);
  const config = path.join(root, 'safepoint.yaml');
  writeFileSync(
    config,
    JSON.stringify({
      stores: { local: { type: 'folder', path: lab.storeDir }, ...stores },
      clusters: { demo: clusterSettings(lab.simulator.urls, { store: 'local', replicate: copyPairs }) },
    }),
  );
  env = { SAFEPOINT_CONFIG: config, TEMPORAL_ADDRESS: server.temporal.address };
}, 120_000);
afterAll(async () => {
  await lab.stop();
  await server.stop();
  rmSync(root, { recursive: true });
});

describe('cli/replicate', () => {
  it('copies the newest complete set and tells of it, and `show` shows the copies', async () => {
    const { exitCode, stdout, stderr } = await safepoint(['replicate', 'demo'], env);
    const shown = await safepoint(['show', ID], env);
    const listed = expectJson('list', (await safepoint(['list', '--json'], env)).stdout);
    const printed = expectJson('show', (await safepoint(['show', ID, '--json'], env)).stdout);

    expect(exitCode).toBe(0);
    expect(stderr).toContain('started safepoint/demo/replicate');
    expect(stdout).toMatch(/^copied: backup 1900000000 of demo\n/);
    expect(stdout).toMatch(/^zeebe +\S+zeebe-copy in store zeebe-copy +6 .* copied 6 \(/m);
    expect(stdout).toMatch(/^snapshots \(index-0\) /m);
    expect(shown.stdout).toMatch(/Copies\ncopy of[^]*zeebe-copy in store zeebe-copy +6 /);
    expect(listed.strangers).toEqual([]);
    expect(printed.sets[0]?.replicas?.map(({ kind }) => kind)).toEqual(['zeebe', 'snapshots']);
  }, 60_000);

  it('prints JSON with --json, and reads back with --verify', async () => {
    const { exitCode, stdout } = await safepoint(
      ['replicate', 'demo', ID, '--verify', '--wait', '--json'],
      env,
    );

    expect(exitCode).toBe(0);
    const { workflowId, result } = expectJson('replicate', stdout);
    expect(workflowId).toBe('safepoint/demo/replicate');
    expect(result?.replicas).toMatchObject([
      { kind: 'zeebe', readBack: true, copiedObjects: 0 },
      { kind: 'snapshots', readBack: true, copiedObjects: 0, generation: 0 },
    ]);
  }, 60_000);

  it('says what is wrong, with the exit codes of all commands', async () => {
    const unknown = await safepoint(['replicate', 'demo', '42'], env);
    const nonsense = await safepoint(['replicate', 'demo', 'newest'], env);
    await lab.stopWorker();
    const first = await safepoint(['replicate', 'demo', '--detach'], env);
    const second = await safepoint(['replicate', 'demo'], env);
    await lab.startWorker();

    expect([unknown.exitCode, unknown.stderr]).toEqual([
      1,
      expect.stringContaining('ReplicaRefused: there is no set 42'),
    ]);
    expect([nonsense.exitCode, nonsense.stderr]).toEqual([
      2,
      expect.stringContaining('backupId: a positive integer'),
    ]);
    expect([first.exitCode, first.stdout]).toEqual([
      0,
      expect.stringMatching(/^safepoint\/demo\/replicate\n/),
    ]);
    expect([second.exitCode, second.stderr]).toEqual([4, expect.stringContaining('is at work already')]);
    await server.client.workflow.getHandle('safepoint/demo/replicate').result();
  }, 60_000);

  it('status misses copies that every backup should end with', async () => {
    const config = JSON.parse(readFileSync(env['SAFEPOINT_CONFIG'] ?? '', 'utf8')) as {
      clusters: { demo: { replicate: object } };
    };
    config.clusters.demo.replicate = { ...copyPairs, afterBackup: true };
    const file = path.join(root, 'after-backup.yaml');
    writeFileSync(file, JSON.stringify(config));
    const problems = async () => {
      const { stdout } = await safepoint(['status', '--config', file, '--json'], env);
      return expectJson('status', stdout).clusters[0]?.problems;
    };

    const before = await problems();
    rmSync(path.join(lab.storeDir, 'demo', ID, 'replica.zeebe.json'));
    const after = await problems();

    expect(before).toEqual([]);
    expect(after).toEqual([`set ${ID} has no copy of zeebe; \`safepoint replicate demo ${ID}\` makes it`]);
  }, 60_000);
});
