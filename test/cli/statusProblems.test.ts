import { describe, expect, it } from '@jest/globals';
import { clusterProblems, generalProblems } from '../../src/cli/statusProblems.ts';
import type { ScheduleLine } from '../../src/cli/scheduleLines.ts';
import type { CatalogEntry } from '../../src/storage/catalogEntry.ts';

const now = Date.parse('2026-11-25T12:00:00Z');

function set(backupId: string, state: CatalogEntry['state'], startedAt: string, completedAt: string | null) {
  const place = { cluster: 'prod', store: 'main', location: '/backups', procedure: 'sequential' };
  const sizes = { windowMs: null, held: false, restoring: false, proof: null, check: null, sizeBytes: null };
  return { ...place, ...sizes, backupId, state, startedAt, completedAt, reasons: ['DumpFailed: no'] };
}
const good = set('100', 'complete', '2026-11-25T02:00:00Z', '2026-11-25T02:10:00Z');

function line(
  schedule: Partial<ScheduleLine['schedule'] & object> = {},
  more: Partial<ScheduleLine> = {},
): ScheduleLine {
  const settings = {
    cron: '0 2 * * *',
    timezone: 'UTC',
    jitter: '0s',
    overlap: 'skip',
    catchupWindow: '6h',
    input: '',
    runs: '',
  };
  const lastRun = { workflowId: 'backup-nightly-1', runId: 'r', startedAt: '2026-11-25T02:00:00Z' };
  const counts = { started: 9, missed: 0, skipped: 0, createdAt: '2026-11-01T00:00:00Z' };
  const times = { nextAt: '2026-11-26T02:00:00Z', lastDueAt: '2026-11-25T02:00:00Z', lastRun };
  const whole = {
    name: 'nightly',
    scheduleId: 's',
    cluster: 'prod',
    settings,
    paused: null,
    ...times,
    ...counts,
  };
  const end = { state: 'complete', problem: null } as const;
  return {
    name: 'nightly',
    cluster: 'prod',
    config: 'same',
    differences: [],
    schedule: { ...whole, ...schedule },
    lastEnd: end,
    ...more,
  };
}

function problems(
  status: Partial<Parameters<typeof clusterProblems>[0]>,
  outside: { window?: string; store?: string; restore?: string } = {},
) {
  const whole = {
    cluster: 'prod',
    lastGood: good,
    newest: null,
    running: [],
    ...{ trials: [], unfinished: null },
    schedules: [line()],
    nextAt: null,
    ...status,
  };
  return clusterProblems(whole, { window: null, store: null, ...outside }, now);
}

const atWork = (startedAt: string) => [
  { workflowId: 'w', runId: 'r', startedAt, backupId: null, stage: null, steps: [] },
];
const older = set('90', 'complete', '2026-11-24T02:00:00Z', '2026-11-24T02:10:00Z');

describe('cli/statusProblems: clusterProblems', () => {
  it('says nothing while all is well', () => {
    expect(problems({})).toEqual([]);
  });

  it('says that there is no complete set, unless the store does not answer', () => {
    const none = problems({ lastGood: null, schedules: [] });
    const unknown = problems({ lastGood: null, schedules: [line()] }, { store: 'store main: refused' });

    expect(none).toEqual(['there is no complete set']);
    expect(unknown).toEqual(['store main: refused']);
  });

  it('tells of a restore that nobody carries on', () => {
    expect(problems({}, { restore: 'a restore of set 100 has not ended' })).toEqual([
      'a restore of set 100 has not ended',
    ]);
  });

  it('tells of a set that failed after the last good one, not of one that lost the race to it', () => {
    const later = set('101', 'failed', '2026-11-25T03:00:00Z', null);
    const beside = set('101', 'failed', '2026-11-25T02:05:00Z', null);

    expect(problems({ newest: later })).toEqual(['the newest set, 101, is failed: DumpFailed: no']);
    expect(problems({ newest: beside })).toEqual([]);
    expect(problems({ newest: set('101', 'unfinished', '2026-11-25T11:59:00Z', null) })).toEqual([]);
  });

  it('tells of a window that cannot resume', () => {
    expect(problems({}, { window: 'cluster prod is busy: it cannot resume' })).toEqual([
      'cluster prod is busy: it cannot resume',
    ]);
  });

  it.each([
    ['paused', line({ paused: { reason: 'moving house' } }), 'paused: moving house'],
    ['not applied', line({}, { config: 'not applied', schedule: null }), 'not in Temporal'],
    ['differs', line({}, { config: 'differs', differences: ['cron'] }), 'differs from the config in cron'],
    ['left', line({}, { config: 'not in the config' }), 'not in the config'],
  ])('tells of a schedule that is %s', (_, schedule, expected) => {
    expect(problems({ schedules: [schedule] })).toEqual([
      expect.stringContaining(`schedule nightly: ${expected}`),
    ]);
  });

  it('says of a run that was due why there is no set of it', () => {
    const failed = line({}, { lastEnd: { state: 'failed', problem: 'PreflightFailed: disk' } });
    const missed = line({ missed: 1, lastRun: null });
    const old = line({
      skipped: 2,
      lastRun: { workflowId: 'w', runId: 'r', startedAt: '2026-11-24T02:00:00Z' },
    });

    const seen = [failed, missed, old].map(
      (schedule) => problems({ lastGood: older, schedules: [schedule] })[0],
    );

    expect(seen).toEqual([
      'schedule nightly: no complete set since the run that was due at 2026-11-25T02:00:00Z: PreflightFailed: disk',
      'schedule nightly: no complete set since the run that was due at 2026-11-25T02:00:00Z: no run was started (1 missed, 0 skipped since 2026-11-01)',
      'schedule nightly: no complete set since the run that was due at 2026-11-25T02:00:00Z: no run was started (0 missed, 2 skipped since 2026-11-01)',
    ]);
  });

  it('waits for a run that is at work, or that was due just now', () => {
    const justNow = line({ lastDueAt: '2026-11-25T11:58:30Z' });

    expect(problems({ lastGood: older, running: atWork('2026-11-25T02:00:01Z') })).toEqual([]);
    expect(problems({ schedules: [justNow] })).toEqual([]);
  });

  it('tells of a run that keeps the next ones out', () => {
    expect(problems({ lastGood: older, running: atWork('2026-11-24T02:00:01Z') })).toEqual([
      'schedule nightly: the run that was due at 2026-11-25T02:00:00Z waits or was left out: w is at work since 2026-11-24T02:00:01Z',
    ]);
  });
});

describe('cli/statusProblems: verification', () => {
  const verifying = { settings: { runs: 'verify on safepoint as verify-weekly' } as never };

  it('a schedule that only looks at sets is never overdue for a backup', () => {
    const late = line(
      { ...verifying, lastDueAt: '2026-11-25T09:00:00Z' },
      { lastEnd: { state: 'ended', problem: null } },
    );

    expect(problems({ schedules: [late] })).toEqual([]);
  });

  it('tells of a verification that failed, and of a newest set that was found damaged', () => {
    const end = { state: 'failed', problem: 'VerifyFailed: set 100' } as const;
    const lastGood = { ...good, check: { at: '2026-11-25T09:00:00Z', ok: false } };

    expect(problems({ lastGood, schedules: [line(verifying, { lastEnd: end })] })).toEqual([
      'the newest complete set, 100, was found damaged at 2026-11-25T09:00:00Z: safepoint show 100',
      'schedule nightly: the last verification ended as failed: VerifyFailed: set 100',
    ]);
  });
});

describe('cli/statusProblems: generalProblems', () => {
  const well = {
    unreachable: null,
    workers: 1,
    sentinel: { state: 'ended', problem: null, startedAt: '' },
    watched: true,
  } as const;

  it.each([
    ['nothing', {}, []],
    [
      'Temporal alone when it is away',
      { unreachable: 'no answer', workers: null, sentinel: null },
      ['no answer'],
    ],
    ['no worker', { workers: 0 }, [expect.stringContaining('no worker')]],
    [
      'a sentinel that failed',
      { sentinel: { state: 'failed', problem: 'ForeignPause: prod', startedAt: '2026-11-25T11:55:00Z' } },
      ['the sentinel at 2026-11-25T11:55:00Z: ForeignPause: prod'],
    ],
    ['a sentinel that never ran', { sentinel: null }, [expect.stringContaining('never run')]],
    ['no sentinel where none is wanted', { sentinel: null, watched: false }, []],
  ] as const)('tells of %s', (_, change, expected) => {
    expect(generalProblems({ ...well, ...change })).toEqual(expected);
  });
});
