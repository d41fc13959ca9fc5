import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clusterSettings } from '../../sandbox/clusterSettings.ts';
import type { BackupResult } from '../../src/contract/backup.ts';
import type { Intent } from '../../src/contract/intent.ts';
import { startLab, startServer, type Lab, type Server } from '../workflows/lab.ts';
import { expectJson } from './expectJson.ts';
import { safepoint } from './safepoint.ts';

let server: Server;
let lab: Lab;
let backup: BackupResult;
let env: Record<string, string>;

beforeAll(async () => {
  server = await startServer();
  lab = await startLab(server, { simulator: { profile: '8.8' } });
  backup = await lab.run();
  writeObject('demo/1000000001/intent.json', intent);
  writeObject('demo/1000000002/intent.json', intent);
  writeObject('demo/1000000002/failure.json', {
    schema: 'safepoint/failure/v1',
    backupId: '1000000002',
    code: 'PartFailed',
    message: 'zeebe: disk full',
    failedAt: '2026-11-22T02:05:00.000Z',
  });
  writeObject('retired/1000000001/manifest.json', { schema: 'another/v9' });
  env = { SAFEPOINT_CONFIG: writeConfig('safepoint.yaml', {}) };
}, 180_000);
afterAll(async () => {
  await lab.stop();
  await server.stop();
});

const intent: Intent = {
  schema: 'safepoint/intent/v1',
  cluster: 'demo',
  backupId: '1000000001',
  procedure: 'sequential',
  parts: ['zeebe', 'webapps'],
  databases: ['web-modeler'],
  workflowId: 'backup-demo-old',
  runId: 'r',
  startedAt: '2026-11-22T02:00:00.000Z',
};

function writeObject(key: string, value: unknown): void {
  const file = path.join(lab.storeDir, key);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(value));
}

function writeConfig(name: string, more: Record<string, unknown>): string {
  const file = path.join(lab.storeDir, name);
  const config = {
    stores: { local: { type: 'folder', path: lab.storeDir } },
    clusters: {
      demo: clusterSettings(lab.simulator.urls, {
        store: 'local',
        exporter: { flushDelay: '100 ms' },
        ...more,
      }),
    },
  };
  writeFileSync(file, JSON.stringify(config)); // JSON is YAML
  return file;
}

describe('cli/list', () => {
  it('shows every set in the stores, newest first, with what is known of it', async () => {
    const { exitCode, stdout } = await safepoint(['list', '--json'], env);

    const { sets } = expectJson('list', stdout);
    expect(exitCode).toBe(0);
    expect(sets.map(({ cluster, backupId, state }) => [cluster, backupId, state])).toEqual([
      ['demo', backup.backupId, 'complete'],
      ['demo', '1000000002', 'failed'],
      ['demo', '1000000001', 'unfinished'],
      ['retired', '1000000001', 'unreadable'],
    ]);
    expect(sets[0]).toMatchObject({
      store: 'local',
      procedure: 'sequential',
      windowMs: backup.windowMs,
      sizeBytes: 0,
    });
    expect(sets[1]?.reasons).toEqual(['PartFailed: zeebe: disk full']);
    expect(sets[2]).toMatchObject({ startedAt: intent.startedAt, procedure: 'sequential' });
  });

  it('prints a table of one cluster', async () => {
    const { exitCode, stdout } = await safepoint(['list', 'demo'], env);

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`^${backup.backupId} +demo +complete +\\d{4}-\\d\\d-\\d\\d `, 'm'));
    expect(stdout).toContain('in flight or ended without a word: run backup-demo-old');
    expect(stdout).not.toContain('retired');
  });

  it('knows a cluster that is only in the stores, and refuses one that is nowhere', async () => {
    const retired = await safepoint(['list', 'retired'], env);
    const nowhere = await safepoint(['list', 'nowhere'], env);

    expect(retired).toMatchObject({ exitCode: 0 });
    expect(nowhere).toMatchObject({ exitCode: 2 });
    expect(nowhere.stderr).toContain('InvalidInput: no cluster "nowhere"; there are demo');
  });
});

describe('cli/show', () => {
  it('prints parts, proof and restore commands of a complete set', async () => {
    const { exitCode, stdout } = await safepoint(['show', backup.backupId], env);

    expect(exitCode).toBe(0);
    expect(stdout).toContain(`complete: backup ${backup.backupId} of demo`);
    expect(stdout).toMatch(/^zeebe +COMPLETED /m);
    expect(stdout).toContain('Cut: proven');
    expect(stdout).toMatch(/^2( +\d+){4} +yes +yes +yes$/m);
    expect(stdout).toMatch(/^Restore\n {2}\S/m);
  });

  it('gives the manifest itself with --json', async () => {
    const { stdout } = await safepoint(['show', backup.backupId, '--json'], env);

    const { sets } = expectJson('show', stdout);
    expect(sets).toHaveLength(1);
    expect(sets[0]?.manifest).toMatchObject({ backupId: backup.backupId, verdict: 'complete' });
  });

  it('shows of an unfinished set what its intent says', async () => {
    const { exitCode, stdout } = await safepoint(['show', '1000000001', '--cluster', 'demo'], env);

    expect(exitCode).toBe(0);
    expect(stdout).toContain('unfinished: backup 1000000001 of demo');
    expect(stdout).toMatch(/^parts +zeebe, webapps$/m);
  });

  it.each([
    ['an id that two clusters have', '1000000001', 'exists in demo and retired; choose with --cluster'],
    ['an id that is nowhere', '42', 'no set 42 in the stores; `safepoint list` shows those that exist'],
  ])('refuses %s', async (_kind, id, message) => {
    const { exitCode, stderr } = await safepoint(['show', id], env);

    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('cli/doctor', () => {
  it('finds a healthy cluster ready', async () => {
    const { exitCode, stdout } = await safepoint(['doctor', 'demo'], env);

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^demo, Camunda 8\.8\.0, parts: zeebe, webapps, optimize, zeebe-records, checked /,
    );
    expect(stdout).toContain('Ready for a backup');
  });

  it('says what to do about an error, exit code 5', async () => {
    const config = writeConfig('broken.yaml', { searchEngine: { url: 'http://127.0.0.1:1' } });

    const { exitCode, stdout } = await safepoint(['doctor', 'demo', '--config', config]);

    expect(exitCode).toBe(5);
    expect(stdout).toMatch(/^✖ .*\n +→ /m);
    expect(stdout).toContain('Not ready for a backup: errors ');
  });

  it('gives the report as JSON, with the same exit code', async () => {
    const config = writeConfig('broken.yaml', { searchEngine: { url: 'http://127.0.0.1:1' } });

    const { exitCode, stdout } = await safepoint(['doctor', 'demo', '--json', '--config', config]);

    const { cluster, findings } = expectJson('doctor', stdout);
    expect(exitCode).toBe(5);
    expect(cluster).toBe('demo');
    expect(findings.some(({ ok, severity }) => !ok && severity === 'error')).toBe(true);
  });

  it('refuses a cluster that the config does not have', async () => {
    const { exitCode, stderr } = await safepoint(['doctor', 'nope'], env);

    expect(exitCode).toBe(2);
    expect(stderr).toContain('InvalidInput: no cluster "nope"; there are demo');
  });
});
