import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import type { Simulator } from '../../sandbox/simulator/startSimulator.ts';
import { poll } from '../../sandbox/stack/poll.ts';
import { SENTINEL_ID } from '../../src/contract/names.ts';
import { startPlace, type Place } from './place.ts';
import { expectJson } from './expectJson.ts';
import { safepoint } from './safepoint.ts';

let place: Place;
let simulator: Simulator;
let env: Record<string, string>;

beforeAll(async () => {
  place = await startPlace({ sentinel: { every: '7 m' } });
  ({ simulator, env } = place);
}, 120_000);
afterEach(async () => {
  simulator.faults.clear();
  await callExporting('resume');
});
afterAll(async () => {
  await place.stop();
});

async function callExporting(what: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  await fetch(`${simulator.urls.zeebe}/actuator/exporting/${what}`, { method: 'POST', headers, body: '{}' });
}

const phases = () => simulator.exporting().map(({ phase }) => phase);

describe('cli/resume', () => {
  it('says that there is nothing to resume', async () => {
    const { exitCode, stdout } = await safepoint(['resume', 'demo'], env);

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/demo: exporting runs on every partition[^]*partition 1 +EXPORTING/);
  });

  it('refuses the pause of a stranger with exit code 4, and lifts it with --force', async () => {
    await callExporting('pause');

    const refused = await safepoint(['resume', 'demo'], env);
    const before = phases();
    const forced = await safepoint(['resume', 'demo', '--force', '--json'], env);

    expect(refused.exitCode).toBe(4);
    expect(refused.stderr).toMatch(/^ForeignPause: partition 1 .* is PAUSED.*give --force/);
    expect(before).toEqual(['PAUSED', 'PAUSED']);
    expect(expectJson('resume', forced.stdout)).toMatchObject({ cluster: 'demo', outcome: 'resumed' });
    expect(phases()).toEqual(['EXPORTING', 'EXPORTING']);
  });

  it('breaks the glass without Temporal with --force only', async () => {
    await callExporting('pause');
    const offline = { ...env, TEMPORAL_ADDRESS: '127.0.0.1:1' };

    const refused = await safepoint(['resume', 'demo'], offline);
    const forced = await safepoint(['resume', 'demo', '--force'], offline);

    expect(refused).toMatchObject({ exitCode: 6 });
    expect(forced).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('going on without it') });
    expect(phases()).toEqual(['EXPORTING', 'EXPORTING']);
  }, 60_000);

  it('names the clusters that there are', async () => {
    const { exitCode, stderr } = await safepoint(['resume', 'nowhere'], env);

    expect(exitCode).toBe(2);
    expect(stderr).toContain('no cluster "nowhere"; there are demo');
  });
});

describe('worker: the schedule of the sentinel', () => {
  it('is made with the interval of the config, runs at once, and keeps a pause of its own', async () => {
    const connection = await Connection.connect({ address: place.temporal.address });
    const schedule = new Client({ connection }).schedule.getHandle(SENTINEL_ID);
    /** Runs that have ended. */
    const countRuns = () =>
      schedule.describe().then(
        ({ info }) => info.recentActions.length - info.runningActions.length,
        () => 0,
      );
    const untilRun = (count: number) =>
      poll(`${count} runs`, 30_000, async () => ((await countRuns()) >= count ? true : undefined));

    const first = safepoint(['worker'], env);
    await untilRun(1);
    first.kill('SIGTERM');
    await first;
    await schedule.pause('by hand');
    const second = safepoint(['worker'], env);
    await untilRun(2);
    second.kill('SIGTERM');
    await second;
    const { spec, state, policies } = await schedule.describe();
    await connection.close();

    expect(spec.intervals).toMatchObject([{ every: 7 * 60_000 }]);
    expect(state).toMatchObject({ paused: true, note: 'by hand' });
    expect(policies).toMatchObject({ overlap: 'SKIP' });
  }, 90_000);
});
