import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clusterSettings } from '../../sandbox/clusterSettings.ts';
import { startPlatform, type Platform } from '../../sandbox/platform/platform.ts';
import { startSimulator, type Simulator } from '../../sandbox/simulator/startSimulator.ts';
import { DrillRecord } from '../../src/contract/drill.ts';
import { safepoint } from '../cli/safepoint.ts';
import { startSite, type Site } from './site.ts';

let site: Site;
let lab: Simulator;
let platform: Platform;
let backupId: string;

/** Beside `demo` a cluster for drills, which reaches the same backups. */
beforeAll(async () => {
  site = await startSite({
    settings: { drill: { level: 'whole', into: 'lab' } },
    async others(demo) {
      lab = await startSimulator({ profile: '8.8', partMs: 50, flushDelayMs: 50 }, demo.backups);
      platform = await startPlatform(lab);
      const settings = { store: 'local', restore: { hooks: platform.hooks } };
      return { lab: clusterSettings(lab.urls, settings) };
    },
  });
  backupId = await site.backup();
}, 120_000);
afterAll(async () => {
  await site.stop();
  await platform.stop();
  await lab.stop();
});

/** What the newest drill has left beside the set. */
function readRecord(): DrillRecord {
  const name = site.objects(backupId).findLast((it) => it.startsWith('drill.')) ?? '';
  return DrillRecord.parse(JSON.parse(readFileSync(site.file(backupId, name), 'utf8')));
}

/** Requests to the cluster of the set that change something; Zeebe's are those of its own exporters. */
function changesSince(before: number): object[] {
  return site.simulator.requests
    .slice(before)
    .filter(({ component, method }) => component !== 'zeebe' && method !== 'GET' && method !== 'HEAD');
}

describe('workflows/drill: indices, in another search engine', () => {
  it('restores them there beside what is there, counts and removes them, and does nothing to the one of the set', async () => {
    const there = lab.liveIndices();
    const before = site.simulator.requests.length;

    const { exitCode, stdout } = await safepoint(['drill', backupId, '--level', 'indices'], site.env);

    const { snapshots } = site.manifest(backupId).searchEngine;
    const restored = lab.requests.filter(({ path }) => path.includes('/_restore')).map(({ path }) => path);
    const removed = lab.requests.filter(({ method }) => method === 'DELETE').map(({ path }) => path);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/ snapshots restored beside the live indices of lab and removed: \d+ indices, /);
    for (const { name } of snapshots) expect(restored).toContainEqual(expect.stringContaining(name));
    expect(removed).not.toEqual([]);
    for (const path of removed) expect(path).toMatch(/^\/safepoint-drill-lab-/);
    expect(lab.liveIndices()).toEqual(there);
    expect(changesSince(before)).toEqual([]);
    expect(platform.asked()).toEqual([]);
    expect(readRecord()).toMatchObject({ level: 'indices', target: 'lab', ok: true });
  }, 60_000);

  it('removes them there also when a shard is given up', async () => {
    const there = lab.liveIndices();
    const fails = lab.faults.add({ state: 'restoreFails', times: 1 });

    const { exitCode, stderr } = await safepoint(['drill', backupId, '--level', 'indices'], site.env);

    expect(fails.hits()).toBe(1);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('RestoreIncomplete: ');
    expect(lab.liveIndices()).toEqual(there);
    expect(readRecord()).toMatchObject({ level: 'indices', target: 'lab', ok: false });
  }, 60_000);
});

describe('workflows/drill: whole, into another cluster', () => {
  it('overwrites that cluster, and does nothing to the one of the set', async () => {
    const live = site.simulator.liveIndices();
    const before = site.simulator.requests.length;

    const { exitCode, stdout } = await safepoint(['drill', '--cluster', 'demo'], site.env, 120_000);

    const list = await safepoint(['list', 'demo'], site.env);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^ {2}lab: partition 1 exports, position \d+, at least \d+ of the backup$/m);
    expect(platform.asked()).toEqual(['stop', 'zeebeRestore', 'start']);
    expect(site.asked()).toEqual([]);
    expect(changesSince(before)).toEqual([]);
    expect(lab.liveIndices()).toEqual(live);
    expect(readRecord()).toMatchObject({ level: 'whole', target: 'lab', ok: true });
    expect(site.records(backupId)).toMatchObject([{ target: 'lab', ok: true }]);
    expect(list.stdout).toMatch(new RegExp(`^${backupId} .* whole \\d{4}-`, 'm'));
    expect(site.hasMarker()).toBe(false);
  }, 180_000);

  it('fails with what keeps that cluster from being restored', async () => {
    lab.faults.add({ state: 'brokerVersion', broker: 0, version: '8.8.7' });

    const { exitCode, stderr } = await safepoint(['drill', backupId], site.env, 120_000);

    expect(exitCode).toBe(5);
    expect(stderr).toMatch(/RestoreRefused: set \d+ of demo cannot be restored into lab:\n/);
    expect(readRecord()).toMatchObject({ level: 'whole', ok: false, failure: { code: 'RestoreRefused' } });
    expect(platform.asked()).toHaveLength(3);
  }, 180_000);
});
