import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { findOnPath } from '../../sandbox/stack/findOnPath.ts';
import { poll } from '../../sandbox/stack/poll.ts';
import { freePort } from '../../sandbox/stack/ports.ts';
import { EXPORTING_STUCK, RESUME_FAILURES } from '../../src/activities/exportingMetrics.ts';
import { startPlace, type Place } from '../cli/place.ts';
import { safepoint } from '../cli/safepoint.ts';

const rules = path.join(import.meta.dirname, '..', '..', 'ops', 'prometheus');
const promtool = findOnPath('promtool');
const withPromtool = promtool === undefined ? it.skip : it;
const why = promtool === undefined ? ' (skipped: no promtool on PATH; apt-get install prometheus)' : '';

describe('ops/prometheus', () => {
  withPromtool(`rules are well formed and fire when they should${why}`, async () => {
    const { all } = await execa({ all: true, cwd: rules })`promtool test rules safepoint.test.yml`;

    expect(all).toContain('SUCCESS');
  });

  it('rules ask for the metrics that the worker has', () => {
    const text = readFileSync(path.join(rules, 'safepoint.rules.yml'), 'utf8');

    const asked = new Set(text.match(/safepoint_[a-z_]+/g));

    expect([...asked].sort()).toEqual([EXPORTING_STUCK, RESUME_FAILURES].sort());
  });
});

describe('worker: metrics', () => {
  let place: Place;
  let port: number;
  beforeAll(async () => {
    port = await freePort();
    place = await startPlace({ metrics: { listen: `127.0.0.1:${port}` }, sentinel: { every: '1 s' } });
  }, 120_000);
  afterAll(async () => {
    await place.stop();
  });

  it('say that a stranger has paused, and that resumes fail, where the config says', async () => {
    const { simulator, env } = place;
    const value = async (name: string) => {
      const text = await fetch(`http://127.0.0.1:${port}/metrics`).then(
        (answer) => answer.text(),
        () => '',
      );
      return new RegExp(`^${name}\\{[^}]*cluster="demo"[^}]*\\} (\\d+)$`, 'm').exec(text)?.[1];
    };
    const until = (name: string, wanted: (value: string | undefined) => boolean) =>
      poll(name, 40_000, async () => (wanted(await value(name)) ? true : undefined));
    const worker = safepoint(['worker'], env);
    try {
      await until(EXPORTING_STUCK, (stuck) => stuck === '0');

      const body = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
      await fetch(`${simulator.urls.zeebe}/actuator/exporting/pause`, body);
      await until(EXPORTING_STUCK, (stuck) => stuck === '1');
      await fetch(`${simulator.urls.zeebe}/actuator/exporting/resume`, body);
      await until(EXPORTING_STUCK, (stuck) => stuck === '0');
      simulator.faults.add({ on: 'POST zeebe resume', answer: { status: 500 }, times: 2 });
      const run = await safepoint(['run', 'demo'], env);

      expect(run).toMatchObject({ exitCode: 0 });
      expect(await value(RESUME_FAILURES)).toBe('2');
    } finally {
      worker.kill('SIGTERM');
      await worker;
    }
  }, 120_000);
});
