import { afterEach, describe, expect, it } from '@jest/globals';
import { createInspector } from '../../../src/activities/preflight/inspect.ts';
import { judgeRelease } from '../../../src/activities/preflight/checks/cold.ts';
import type { PreflightReport } from '../../../src/contract/preflight.ts';
import { badOnes, CLUSTER, find, startCluster, type SimulatedCluster } from './simulatedCluster.ts';

let cluster: SimulatedCluster;
afterEach(() => cluster.close());

async function inspectCold(): Promise<PreflightReport> {
  return await createInspector(cluster.deps).inspectCluster(CLUSTER, { cold: true });
}

describe('activities/preflight: of a cold backup', () => {
  it('finds all well when the applications are stopped, and asks none of them for its part', async () => {
    cluster = await startCluster({ profile: '8.6' });
    await cluster.simulator.stopOnly('operate', 'tasklist', 'optimize');

    const report = await inspectCold();

    expect(badOnes(report).filter((bad) => !bad.startsWith('info'))).toEqual([]);
    expect(find(report, 'operate.stopped')).toMatchObject({ ok: true, seen: 'nobody answers' });
    expect(find(report, 'indices.backups')).toMatchObject({ ok: true });
    expect(report.facts).toMatchObject({
      parts: ['zeebe', 'indices'],
      indexPrefixes: { operate: 'operate', tasklist: 'tasklist', optimize: 'optimize' },
    });
  });

  it('names every application that still answers, at once', async () => {
    cluster = await startCluster({ profile: '8.6' });
    await cluster.simulator.stopOnly('optimize');

    const report = await inspectCold();

    expect(badOnes(report).filter((bad) => bad.startsWith('error'))).toEqual([
      'error operate.stopped',
      'error tasklist.stopped',
    ]);
    expect(find(report, 'tasklist.stopped')).toMatchObject({
      seen: `tasklist at ${cluster.simulator.urls.tasklist} answers 200`,
      fix: expect.stringContaining('stop tasklist'),
    });
  });

  it('counts one that is unwell, or does not come back with an answer, as running', async () => {
    cluster = await startCluster({ profile: '8.6' });
    await cluster.simulator.stopOnly('tasklist', 'optimize');
    cluster.simulator.faults.add({ on: 'GET operate health', answer: 'reset' });

    const report = await inspectCold();

    expect(find(report, 'operate.stopped')).toMatchObject({ ok: false, severity: 'error' });
  });

  it('says why the brokers must run, when they do not', async () => {
    cluster = await startCluster({ profile: '8.6' });
    await cluster.simulator.stopAll();

    const report = await inspectCold();

    expect(find(report, 'zeebe.health')).toMatchObject({
      ok: false,
      severity: 'error',
      fix: expect.stringContaining('their data lie on volumes that Safepoint cannot reach'),
    });
    expect(report.facts).toBeUndefined();
  });

  it('refuses 8.8, where the brokers write the indices of the applications', async () => {
    cluster = await startCluster({ profile: '8.8' });
    await cluster.simulator.stopOnly('optimize');

    const report = await inspectCold();

    expect(badOnes(report).filter((bad) => bad.startsWith('error'))).toEqual(['error cold.release']);
    expect(find(report, 'cold.release').fix).toContain('take a hot backup');
  });

  it.each([
    ['8.7.12', { ok: true }],
    ['8.8.0', { ok: false, severity: 'error' }],
    ['8.10.1', { ok: false, severity: 'error' }],
    ['9.0.0', { ok: false, severity: 'error' }],
    ['unknown', { ok: false, severity: 'warning' }],
  ])('judges version %s', async (version, judgement) => {
    cluster = await startCluster({ profile: '8.6' });

    const finding = judgeRelease(version);

    expect(finding).toMatchObject(judgement);
  });
});
