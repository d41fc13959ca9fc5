import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { clusterSettings } from '../../sandbox/clusterSettings.ts';
import { startSimulator, type Simulator } from '../../sandbox/simulator/startSimulator.ts';
import { callJsonOk } from '../../sandbox/stack/http.ts';
import type { RestoreRecord } from '../../src/contract/restore.ts';
import { safepoint } from '../cli/safepoint.ts';
import { startSite, type Site } from './site.ts';

let site: Site;
let other: Simulator;
let backupId: string;
let live: string[];

beforeAll(async () => {
  other = await startSimulator({ profile: '8.8', partitions: 3 });
  const settings = clusterSettings(other.urls, { store: 'local' });
  site = await startSite({ others: () => Promise.resolve({ other: settings }) });
  backupId = await site.backup();
  live = site.simulator.liveIndices();
}, 120_000);
afterAll(async () => {
  await site.stop();
  await other.stop();
});
afterEach(() => {
  site.simulator.faults.clear();
  expect(site.asked()).toEqual([]);
  expect(site.simulator.liveIndices()).toEqual(live);
  expect(site.hasMarker()).toBe(false);
});

async function refusal(...args: string[]): Promise<string> {
  const { exitCode, stderr } = await safepoint(['restore', ...args, '--yes'], site.env);
  expect(exitCode).toBe(5);
  expect(stderr).toContain('RestoreRefused: ');
  return stderr;
}

describe('cli/restore: refuses', () => {
  it('a target with everything wrong, and says all of it at once', async () => {
    const [name = ''] = site.manifest(backupId).searchEngine.snapshots.map((snapshot) => snapshot.name);
    other.faults.add({ state: 'repositoryMissing' });
    other.faults.add({ state: 'brokerVersion', broker: 0, version: '8.8.7' });

    const stderr = await refusal(backupId, '--into', 'other');

    expect(stderr).toContain(`set ${backupId} of demo cannot be restored into other:`);
    expect(stderr).toContain('partitionCount is 3, in the backup 2');
    expect(stderr).toMatch(/version is .*8\.8\.7.*, in the backup 8\.8\.0/);
    expect(stderr).toContain('- target.repository: repository camunda is not registered');
    expect(stderr).toContain(`- snapshot.${name}: `);
    expect(stderr).toContain('- hooks: clusters.other.restore.hooks is not in the config');
    expect(other.requests.filter(({ method }) => method === 'DELETE')).toEqual([]);
  }, 60_000);

  it('a set of which a snapshot is PARTIAL and another one missing', async () => {
    const [whole, lost] = site.manifest(backupId).searchEngine.snapshots;
    const path = `/_snapshot/camunda/${whole?.name ?? ''}` as const;
    const answer = (await callJsonOk('GET', site.simulator.urls.searchEngine + path)) as {
      snapshots: object[];
    };
    const json = { ...answer, snapshots: answer.snapshots.map((it) => ({ ...it, state: 'PARTIAL' })) };
    site.simulator.faults.add({ on: `GET searchEngine ${path}`, answer: { status: 200, json } });
    const missing = { status: 200, json: { ...answer, snapshots: [] } };
    site.simulator.faults.add({
      on: `GET searchEngine /_snapshot/camunda/${lost?.name ?? ''}`,
      answer: missing,
    });

    const stderr = await refusal(backupId);

    expect(stderr).toContain(`${whole?.name ?? ''} is PARTIAL`);
    expect(stderr).toContain(`${lost?.name ?? ''} is MISSING`);
  }, 60_000);

  it('a set whose backup Zeebe does not know any more, or has as failed, unless forced', async () => {
    const gone = site.simulator.faults.add({ on: 'GET zeebe status', answer: { status: 404 } });
    const absent = await refusal(backupId);
    const forced = await safepoint(['restore', backupId, '--plan', '--force'], site.env);
    gone.remove();
    site.simulator.faults.add({ on: 'GET zeebe status', answer: await failedBackup() });

    const failed = await refusal(backupId);

    expect(absent).toContain(`- target.zeebe: Zeebe knows no backup ${backupId}; choose another set`);
    expect(forced).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('target.zeebe: ') });
    expect(failed).toMatch(/- target\.zeebe: zeebe: .*FAILED/);
  }, 60_000);

  it('nothing of it where Zeebe cannot know: it is down, or of another cluster', async () => {
    site.simulator.faults.add({ on: 'GET zeebe status', answer: { status: 503 } });

    const down = await safepoint(['restore', backupId, '--plan'], site.env);
    const stderr = await refusal(backupId, '--into', 'other');

    expect(down).toMatchObject({ exitCode: 0 });
    expect(down.stdout).toMatch(/target\.zeebe: not seen, whether Zeebe has backup \d+: /);
    expect(stderr).not.toContain('target.zeebe');
  }, 60_000);

  it('a snapshot that is being taken, as its indices cannot be deleted', async () => {
    site.simulator.faults.add({ state: 'snapshotRunning', name: 'nightly' });

    expect(await refusal(backupId)).toContain('snapshots are being taken: nightly');
  }, 60_000);

  it('a set that is nowhere, and a time before all sets', async () => {
    const early = ['--before', '2020-01-01T00:00:00Z', '--cluster', 'demo'];

    const none = await safepoint(['restore', '1', '--yes'], site.env);
    const before = await refusal(...early);

    expect(none).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('no set 1 in the stores') });
    expect(before).toContain('no set of demo that was sealed before 2020-01-01T00:00:00Z is complete');
    expect(before).toContain('1 sets of demo are known');
  }, 60_000);

  it('a choice that is none, and a time that is none', async () => {
    const both = await safepoint(['restore', backupId, '--latest'], site.env);
    const nonsense = await safepoint(['restore', '--before', 'noon', '--cluster', 'demo'], site.env);

    expect(both).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('give one of a backup id') });
    expect(nonsense).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('before is "noon"') });
  }, 60_000);

  it('a set whose last check failed, unless forced', async () => {
    const gone = site.simulator.faults.add({ on: 'GET zeebe status', answer: { status: 404 } });
    await safepoint(['verify', backupId], site.env);
    gone.remove();

    const stderr = await refusal(backupId);
    const forced = await safepoint(['restore', backupId, '--plan', '--force'], site.env);
    const latest = await refusal('--latest', '--cluster', 'demo');
    await safepoint(['verify', backupId], site.env); // whole again

    expect(stderr).toMatch(/- set\.check: its last check, at \S+, failed/);
    expect(forced).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('set.check: ') });
    expect(latest).toContain('no set of demo is complete with a good last check');
  }, 90_000);

  it('a partial set, unless forced', async () => {
    makePartial();

    const stderr = await refusal(backupId);
    const forced = await safepoint(['restore', backupId, '--plan', '--force'], site.env);

    expect(stderr).toContain('- set.complete: the set is partial: a dump is missing; choose another set');
    expect(forced).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('set.complete: ') });
  }, 60_000);
});

describe('cli/restore: plans all the same', () => {
  it('beside a record of a restore that cannot be read, and takes the one before it', async () => {
    const broken = site.file(backupId, 'restore.20261125T020000000Z.whole.ok.json');
    const whole = site.file(backupId, 'restore.20261124T020000000Z.whole.ok.json');
    writeFileSync(broken, '{"schema":"safepoint/re');
    writeFileSync(whole, JSON.stringify(earlierRestore()));

    const { exitCode, stdout, stderr } = await safepoint(
      ['restore', backupId, '--plan', '--force'],
      site.env,
    );

    for (const record of [broken, whole]) rmSync(record);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('The last restore took 1 min 30 s');
  }, 60_000);
});

/** One that took 90 seconds. */
function earlierRestore(): RestoreRecord {
  return {
    schema: 'safepoint/restore/v1',
    ...{ cluster: 'demo', target: 'demo', backupId, ok: true, workflowId: 'by-hand' },
    startedAt: '2026-11-24T01:58:30.000Z',
    endedAt: '2026-11-24T02:00:00.000Z',
    ...{ steps: [], indices: [], hooks: [], proven: [], notProven: [], findings: [] },
  };
}

/** What Zeebe says of the backup when it has failed. */
async function failedBackup() {
  const url = `${site.simulator.urls.zeebe}/actuator/backupRuntime/${backupId}` as const;
  const backup = (await callJsonOk('GET', url)) as object;
  return { status: 200, json: { ...backup, state: 'FAILED', failureReason: 'disk full' } };
}

/** Writes the manifest anew as that of a partial set; without its labels, which hold the digest of the old one. */
function makePartial(): void {
  const manifest = site.file(backupId, 'manifest.json');
  const fields = JSON.parse(readFileSync(manifest, 'utf8')) as object;
  writeFileSync(manifest, JSON.stringify({ ...fields, verdict: 'partial', reasons: ['a dump is missing'] }));
  for (const name of readdirSync(site.file(backupId, '')).filter((it) => it.startsWith('label.')))
    rmSync(site.file(backupId, name));
}
