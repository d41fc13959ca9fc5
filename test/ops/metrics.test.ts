import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '../../sandbox/stack/ports.ts';
import { METRICS, type MetricName } from '../../src/contract/metrics.ts';
import { startPlace, type Place } from '../cli/place.ts';
import { safepoint } from '../cli/safepoint.ts';
import { until } from '../faults/until.ts';
import { readMetrics, readSamples, valueOf } from './workerMetrics.ts';

let place: Place;
let port: number;
let worker: ReturnType<typeof safepoint>;
beforeAll(async () => {
  port = await freePort();
  place = await startPlace({ metrics: { listen: `127.0.0.1:${port}` }, sentinel: { every: '1 s' } });
  startWorker();
}, 120_000);
afterAll(async () => {
  await stopWorker();
  await place.stop();
}, 60_000);

function startWorker(): void {
  worker = safepoint(['worker'], place.env);
}

async function stopWorker(): Promise<void> {
  worker.kill('SIGTERM');
  await worker;
}

async function value(name: MetricName, labels: Record<string, string> = {}): Promise<number | undefined> {
  return valueOf(await readSamples(port), name, labels);
}

async function untilIs(name: MetricName, wanted: number, labels: Record<string, string> = {}): Promise<void> {
  const what = `${name} is ${wanted}`;
  await until(what, async () => (await value(name, labels)) === wanted, 40_000);
}

const cluster = { cluster: 'demo' };

describe('worker: metrics', () => {
  it('of a cluster without any set are there, so that alerts fire', async () => {
    await untilIs('safepoint_catalog_readable', 1, cluster);
    await untilIs('safepoint_worker_ready', 1);

    const samples = await readSamples(port);

    expect(valueOf(samples, 'safepoint_last_complete_timestamp_seconds', cluster)).toBe(0);
    expect(valueOf(samples, 'safepoint_sets_ended', { ...cluster, verdict: 'failed' })).toBe(0);
    expect(valueOf(samples, 'safepoint_resume_failures', cluster)).toBe(0);
  }, 60_000);

  it('say that a stranger has paused, and that resumes fail, where the config says', async () => {
    const { simulator, env } = place;
    await untilIs('safepoint_exporting_stuck', 0, cluster);

    const body = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
    await fetch(`${simulator.urls.zeebe}/actuator/exporting/pause`, body);
    await untilIs('safepoint_exporting_stuck', 1, cluster);
    await fetch(`${simulator.urls.zeebe}/actuator/exporting/resume`, body);
    await untilIs('safepoint_exporting_stuck', 0, cluster);
    simulator.faults.add({ on: 'POST zeebe resume', answer: { status: 500 }, times: 2 });
    const run = await safepoint(['run', 'demo'], env);

    expect(run).toMatchObject({ exitCode: 0 });
    expect(await value('safepoint_resume_failures', cluster)).toBe(2);
    // The sentinel has failed for the pause: a rule asks for this metric of the SDK.
    expect(await readMetrics(port)).toMatch(
      /^temporal_workflow_failed\{[^}]*task_queue="safepoint",workflow_type="sentinel"\} [1-9]/m,
    );
  }, 120_000);

  it('tell of the set that has just ended, and a worker that has run nothing tells the same', async () => {
    const complete = { ...cluster, verdict: 'complete' };
    const before = (await value('safepoint_sets_ended', complete)) ?? NaN;
    const run = await safepoint(['run', 'demo', '--json'], place.env);
    const listed = await safepoint(['list', 'demo', '--json'], place.env);
    const [set] = (JSON.parse(listed.stdout) as { sets: { completedAt: string; windowMs: number }[] }).sets;
    const sealed = Date.parse(set?.completedAt ?? '') / 1000;
    await untilIs('safepoint_last_complete_timestamp_seconds', sealed, cluster);
    const told = await readSamples(port);

    await stopWorker();
    startWorker();
    await untilIs('safepoint_last_complete_timestamp_seconds', sealed, cluster);
    const toldAgain = await readSamples(port);

    const ofCatalog = (name: string) => name.startsWith('safepoint_last_');
    expect(run).toMatchObject({ exitCode: 0 });
    expect(valueOf(told, 'safepoint_sets_ended', complete)).toBe(before + 1);
    expect(valueOf(told, 'safepoint_last_window_seconds', cluster)).toBe((set?.windowMs ?? NaN) / 1000);
    expect(
      valueOf(told, 'safepoint_last_part_duration_seconds', { ...cluster, part: 'zeebe' }),
    ).toBeGreaterThan(0);
    expect(toldAgain.filter(({ name }) => ofCatalog(name))).toEqual(
      told.filter(({ name }) => ofCatalog(name)),
    );
    expect(valueOf(toldAgain, 'safepoint_sets_ended', complete)).toBe(0);
    for (const { name, labels } of told)
      expect({ name, labels: Object.keys(labels) }).toEqual({ name, labels: METRICS[name].labels });
    const ofDumps = 'safepoint_last_part_size_bytes'; // this cluster has no database
    const names = new Set([...told.map(({ name }) => name), ofDumps]);
    expect([...names].sort()).toEqual(Object.keys(METRICS).sort());
  }, 120_000);
});
