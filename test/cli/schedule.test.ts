import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Client, Connection, ScheduleOverlapPolicy } from '@temporalio/client';
import { msToTs, tsToMs } from '@temporalio/common/lib/time.js';
import { poll } from '../../sandbox/stack/poll.ts';
import type { ScheduleApplyJson, ScheduleListJson } from '../../src/cli/json.ts';
import { scheduleIdOf } from '../../src/contract/names.ts';
import { skippedTimes } from '../../src/domain/daylightSaving.ts';
import { parseCron } from '../../src/system/schedules/cron.ts';
import { startPlace, type Place } from './place.ts';
import { expectJson } from './expectJson.ts';
import { safepoint } from './safepoint.ts';

const NIGHTLY = {
  cluster: 'demo',
  cron: '0 2 * * MON-SAT',
  timezone: 'UTC',
  jitter: '5 m',
  overlap: 'skip',
  catchupWindow: '6 h',
};

let place: Place;
let client: Client;
beforeAll(async () => {
  place = await startPlace();
  client = new Client({ connection: await Connection.connect({ address: place.temporal.address }) });
}, 120_000);
beforeEach(() => {
  wish({ nightly: NIGHTLY });
});
afterEach(async () => {
  for await (const { scheduleId } of client.schedule.list())
    await client.schedule.getHandle(scheduleId).delete();
});
afterAll(async () => {
  await client.connection.close();
  await place.stop();
});

/** Writes the schedules of the config. */
function wish(schedules: Record<string, unknown>): void {
  const file = place.env.SAFEPOINT_CONFIG ?? '';
  const config = JSON.parse(readFileSync(file, 'utf8')) as object;
  writeFileSync(file, JSON.stringify({ ...config, schedules }));
}

const schedule = (...args: string[]) => safepoint(['schedule', ...args], place.env);

async function list(): Promise<ScheduleListJson['schedules']> {
  return expectJson('schedule list', (await schedule('list', '--json')).stdout).schedules;
}

async function apply(...args: string[]): Promise<ScheduleApplyJson> {
  return expectJson('schedule apply', (await schedule('apply', '--yes', '--json', ...args)).stdout);
}

describe('cli/schedule: apply', () => {
  it('shows what would be made, and changes nothing where nobody can be asked', async () => {
    const { exitCode, stdout, stderr } = await schedule('apply');
    const lines = await list();

    expect(exitCode).toBe(2);
    expect(stdout).toMatch(
      /^\+ nightly: is created\n {4}cron: 0 2 \* \* MON-SAT\n {4}timezone: UTC\n {4}jitter: 5m/,
    );
    expect(stderr).toMatch(/^InvalidInput: nothing was changed; give --yes/);
    expect(lines).toMatchObject([{ name: 'nightly', config: 'not applied', schedule: null }]);
  });

  it('with --json that is one document too, and the difference goes to stderr', async () => {
    const { exitCode, stdout, stderr } = await schedule('apply', '--json');

    expect(exitCode).toBe(2);
    expect(expectJson('schedule apply', stdout)).toMatchObject({ applied: false });
    expect(stderr).toMatch(/^\+ nightly: is created[^]*nothing was changed; give --yes/);
  });

  it('makes in Temporal what the config says, with nothing left to a default', async () => {
    await apply();

    const made = await client.schedule.getHandle(scheduleIdOf('nightly')).describe();
    expect(made).toMatchObject({
      spec: { timezone: 'UTC', jitter: 300_000 },
      action: {
        workflowType: 'backup',
        taskQueue: 'safepoint',
        workflowId: 'backup-nightly',
        args: [{ cluster: 'demo' }],
        staticSummary: 'backup demo, schedule nightly',
        staticDetails: expect.stringContaining('**cancel** it'),
      },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: 6 * 3_600_000, pauseOnFailure: false },
      state: { paused: false },
    });
    const next = made.info.nextActionTimes.slice(0, 7).map((time) => [time.getUTCHours(), time.getUTCDay()]);
    expect(next.map(([hour]) => hour)).toEqual([2, 2, 2, 2, 2, 2, 2]);
    expect(next.map(([, day]) => day)).not.toContain(0);
  });

  it('of a verification starts `verify`, with the sets that the config names', async () => {
    wish({ weekly: { ...NIGHTLY, run: 'verify', sets: '5%' } });
    await apply();

    const { action } = await client.schedule.getHandle(scheduleIdOf('weekly')).describe();

    expect(action).toMatchObject({
      workflowType: 'verify',
      workflowId: 'verify-weekly',
      args: [{ cluster: 'demo', sets: '5%' }],
    });
    expect(await list()).toMatchObject([{ name: 'weekly', cluster: 'demo', config: 'same' }]);
  });

  it('has nothing to do the second time', async () => {
    await apply();

    const again = await schedule('apply');

    expect(again).toMatchObject({ exitCode: 0, stdout: '  nightly: is as in the config' });
  });

  it.each([
    ['cron', '0 3 * * *', '0 2 * * MON-SAT', '0 3 * * *'],
    ['timezone', 'Europe/Berlin', 'UTC', 'Europe/Berlin'],
    ['jitter', '0 s', '5m', '0s'],
    ['overlap', 'buffer-one', 'skip', 'buffer-one'],
    ['catchupWindow', '1 h', '6h', '1h'],
    ['procedure', 'parallel', '{"cluster":"demo"}', '{"cluster":"demo","procedure":"parallel"}'],
  ])('changes %s and nothing else', async (field, value, from, to) => {
    await apply();
    wish({ nightly: { ...NIGHTLY, [field]: value } });

    const { changes } = await apply();
    const after = await apply();

    const name = field === 'procedure' ? 'input' : field;
    expect(changes).toEqual([{ name: 'nightly', kind: 'update', differences: [{ field: name, from, to }] }]);
    expect(after.changes).toEqual([{ name: 'nightly', kind: 'unchanged', differences: [] }]);
  });

  it('sees what was changed by hand, sets it right, and leaves it paused', async () => {
    await apply();
    const handle = client.schedule.getHandle(scheduleIdOf('nightly'));
    await handle.update(({ spec, action, policies, state }) => ({
      spec: { ...spec, calendars: [{ ...spec.calendars?.[0], hour: 4 }] },
      action: { ...action, args: [{ cluster: 'demo' }] },
      policies: { ...policies, pauseOnFailure: true },
      state: { ...state, paused: true, note: 'maintenance' },
    }));

    const { changes } = await apply();
    const [line] = await list();

    expect(changes[0]?.differences).toEqual([
      { field: 'cron', from: expect.stringMatching(/^set by hand: .*"start":4/), to: '0 2 * * MON-SAT' },
      {
        field: 'runs',
        from: 'backup on safepoint as backup-nightly, paused after a failure',
        to: 'backup on safepoint as backup-nightly',
      },
    ]);
    expect(line).toMatchObject({ config: 'same', schedule: { paused: { reason: 'maintenance' } } });
  });

  it('removes what left the config only when told, and never what is not ours', async () => {
    await apply();
    await client.schedule.create({
      scheduleId: 'cleaning',
      spec: { intervals: [{ every: '1 d' }] },
      action: { type: 'startWorkflow', workflowType: 'clean', taskQueue: 'other' },
    });
    wish({});

    const kept = await apply();
    const listed = await list();
    const pruned = await apply('--prune');

    expect(kept.changes).toMatchObject([{ name: 'nightly', kind: 'left' }]);
    expect(listed).toMatchObject([{ name: 'nightly', config: 'not in the config' }]);
    expect(pruned.changes).toMatchObject([{ name: 'nightly', kind: 'left' }]);
    await poll('only the other one is left', 10_000, async () => {
      const ids: string[] = [];
      for await (const { scheduleId } of client.schedule.list()) ids.push(scheduleId);
      return ids.join() === 'cleaning' ? true : undefined;
    });
  });
});

describe('cli/schedule: daylight saving', () => {
  it.each([
    ['30 2 * * *', 'Europe/Berlin'],
    ['0 0 * * *', 'Asia/Beirut'],
    ['30 2 * * *', 'America/New_York'],
    ['0 3 * * *', 'Europe/Berlin'],
    ['30 2 * * *', 'UTC'],
  ])(
    '%s in %s: the nights that are told of are those that the server leaves out, and none is doubled',
    async (cron, timezone) => {
      wish({ nightly: { ...NIGHTLY, cron, timezone, jitter: '0 s' } });
      const { skippedTimes: told } = await apply();

      const fromMs = Date.now();
      const { startTime } = await client.workflowService.listScheduleMatchingTimes({
        namespace: 'default',
        scheduleId: scheduleIdOf('nightly'),
        startTime: msToTs(fromMs),
        endTime: msToTs(fromMs + 366 * 24 * 3_600_000),
      });
      const nights = startTime.map((time) => dayIn(timezone, tsToMs(time)));
      const without = daysBetween(nights[0] ?? '', nights.at(-1) ?? '').filter(
        (day) => !nights.includes(day),
      );

      expect(without).toEqual(told.map(({ time }) => time.slice(0, 10)));
      expect(without).toEqual(
        skippedTimes(parseCron(cron), timezone, fromMs).map((time) => time.slice(0, 10)),
      );
      expect(new Set(nights).size).toBe(nights.length);
      expect(nights.length).toBeGreaterThan(360);
    },
  );

  it('is told of where people read it', async () => {
    wish({ nightly: { ...NIGHTLY, cron: '30 2 * * *', timezone: 'Europe/Berlin' } });

    const { stdout } = await schedule('apply', '--yes');

    expect(stdout).toMatch(/^! nightly: \d{4}-03-\d\d 02:30 does not exist in Europe\/Berlin/m);
  });
});

function dayIn(timeZone: string, atMs: number): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(atMs);
}

function daysBetween(first: string, last: string): string[] {
  const days: string[] = [];
  for (let at = Date.parse(first); at <= Date.parse(last); at += 24 * 3_600_000)
    days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}

describe('cli/schedule: one schedule', () => {
  it('a run that it starts is a backup like any other', async () => {
    await apply();
    const worker = safepoint(['worker'], place.env);
    try {
      const triggered = await schedule('trigger', 'nightly');
      const ended = await poll('the run of the schedule ends', 60_000, async () => {
        const [line] = await list();
        return line?.lastEnd && line.lastEnd.state !== 'running' ? line : undefined;
      });

      const { stdout } = await safepoint(['list', 'demo', '--json'], place.env);
      expect(triggered).toMatchObject({ exitCode: 0, stdout: 'triggered nightly' });
      expect(ended).toMatchObject({
        lastEnd: { state: 'complete', problem: null },
        schedule: { started: 1 },
      });
      expect(ended.schedule?.lastRun?.workflowId).toMatch(/^backup-nightly-\d{4}-/);
      expect(expectJson('list', stdout).sets).toMatchObject([{ state: 'complete' }]);
    } finally {
      worker.kill('SIGTERM');
      await worker;
    }
  }, 120_000);

  it('is paused with a reason, starts nothing, and goes on', async () => {
    await apply();

    await schedule('pause', 'nightly', '--reason', 'moving house');
    const paused = await list();
    const shown = await schedule('list');
    await schedule('unpause', 'nightly');
    const again = await list();

    expect(paused).toMatchObject([{ schedule: { paused: { reason: 'moving house' }, nextAt: null } }]);
    expect(shown.stdout).toMatch(/nightly +demo +0 2 \* \* MON-SAT +UTC .*paused: moving house/);
    expect(again).toMatchObject([{ schedule: { paused: null, nextAt: expect.stringContaining('T02:0') } }]);
  });

  it('is deleted, and made anew by the next apply', async () => {
    await apply();

    const deleted = await schedule('delete', 'nightly');
    const after = await list();
    const { changes } = await apply();

    expect(deleted).toMatchObject({ exitCode: 0, stdout: 'deleted nightly' });
    expect(after).toMatchObject([{ config: 'not applied' }]);
    expect(changes).toMatchObject([{ kind: 'create' }]);
  });

  it('says as JSON what was done', async () => {
    await apply();

    const triggered = await schedule('trigger', 'nightly', '--json');
    const paused = await schedule('pause', 'nightly', '--reason', 'moving house', '--json');
    const unpaused = await schedule('unpause', 'nightly', '--json');
    const deleted = await schedule('delete', 'nightly', '--json');

    expect([
      expectJson('schedule trigger', triggered.stdout),
      expectJson('schedule pause', paused.stdout),
      expectJson('schedule unpause', unpaused.stdout),
      expectJson('schedule delete', deleted.stdout),
    ]).toEqual([
      { name: 'nightly', done: 'triggered' },
      { name: 'nightly', done: 'paused', reason: 'moving house' },
      { name: 'nightly', done: 'unpaused' },
      { name: 'nightly', done: 'deleted' },
    ]);
  });

  it.each(['trigger', 'unpause', 'delete'])('%s of a name that is not there is refused', async (verb) => {
    const { exitCode, stderr } = await schedule(verb, 'nope');

    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^InvalidInput: Temporal has no schedule "nope" of Safepoint/);
  });
});
