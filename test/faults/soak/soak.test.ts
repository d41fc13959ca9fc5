import { describe, expect, it } from '@jest/globals';
import type { RunEnd } from '../runs.ts';
import { planRun, type Chaos } from './chaos.ts';
import { judge } from './judge.ts';
import type { Injected } from './inject.ts';
import type { RunRecord } from './oneRun.ts';
import { soak } from './soak.ts';
import { isCleanReport, renderReport } from './table.ts';

const plans = (seed: number, count: number) =>
  Array.from({ length: count }, (_, index) => planRun(seed, index));

describe('faults/soak: the plan of a run', () => {
  it('is the same for the same seed and index, in any order and number', () => {
    const once = plans(7, 40);

    const backwards = Array.from({ length: 60 }, (_, at) => planRun(7, 59 - at)).reverse();

    expect(backwards.slice(0, 40)).toEqual(once);
  });

  it('is another one for another seed or index', () => {
    const drawn = [...plans(7, 60), ...plans(8, 60)].filter(({ faults }) => faults.length > 0);

    const texts = drawn.map(({ faults }) => JSON.stringify(faults));

    expect(new Set(texts).size).toBe(texts.length);
  });

  it('draws every kind of fault, in numbers from 0 to 3', () => {
    const drawn = plans(1, 300);

    const kinds = new Set(drawn.flatMap(({ faults }) => faults.map(({ chaos }) => chaos.kind)));

    expect(kinds.size).toBe(15);
    expect(new Set(drawn.map(({ faults }) => faults.length))).toEqual(new Set([0, 1, 2, 3]));
  });
});

describe('faults/soak: the judge', () => {
  const complete: RunEnd = { status: 'COMPLETED', result: { backupId: '5', verdict: 'complete' } as never };
  const sound = [{ partitionId: 1, lost: 0, orphans: 0 }];
  const setWith = (damage: unknown, state = 'complete') => ({ entry: { backupId: '5', state }, damage });
  const struck = (chaos: Chaos, toMs = 1_000): Injected => ({ chaos, fromMs: toMs, toMs });
  const killed = struck({ kind: 'ended', how: 'terminate', who: 'window' });
  const lostWindow: RunEnd = { status: 'FAILED', code: 'WindowLost', message: 'was terminated' };

  const recordOf = (more: object): RunRecord => ({
    plan: planRun(1, 0),
    startedMs: 0,
    endedMs: 60_000,
    ends: [complete],
    injected: [],
    pauses: [{ fromMs: 500, toMs: 1_500 }],
    sets: [setWith(sound)] as never,
    triggers: { zeebe: 1, webapps: 1 },
    notExporting: [],
    isWindowOpen: false,
    ...more,
  });

  it.each([
    { what: 'a run without faults that is complete', more: {} },
    { what: 'a window that was terminated', more: { ends: [lostWindow], injected: [killed] } },
  ])('is content with $what', ({ more }) => {
    const judgement = judge(recordOf(more), []);

    expect(judgement).toMatchObject({ doubled: [], damaged: [], broken: [] });
  });

  it.each([
    {
      what: 'records that a restore would lose',
      more: { sets: [setWith([{ ...sound[0], lost: 3 }])] },
      is: 'damaged',
    },
    { what: 'orphans', more: { sets: [setWith([{ ...sound[0], orphans: 1 }], 'partial')] }, is: 'damaged' },
    { what: 'a backup that Zeebe does not have', more: { sets: [setWith('gone')] }, is: 'damaged' },
    {
      what: 'a part triggered twice for one set',
      more: { triggers: { zeebe: 1, webapps: 2 } },
      is: 'doubled',
    },
    { what: 'exporting that is paused', more: { notExporting: ['PAUSED'] }, is: 'broken' },
    { what: 'an open window', more: { isWindowOpen: true }, is: 'broken' },
    { what: 'a result without a manifest', more: { sets: [setWith(sound, 'unfinished')] }, is: 'broken' },
    { what: 'a window that was lost though nobody ended it', more: { ends: [lostWindow] }, is: 'broken' },
    { what: 'three sets of one run', more: { sets: [1, 2, 3].map(() => setWith(sound)) }, is: 'broken' },
    {
      what: 'a resume after 6 s with the worker up',
      more: { ends: [lostWindow], injected: [killed], pauses: [{ fromMs: 500, toMs: 7_001 }] },
      is: 'broken',
    },
  ] as const)('finds $what', ({ more, is }) => {
    const judgement = judge(recordOf(more), []);

    expect(judgement[is]).toHaveLength(1);
  });

  it('counts the time to resume from the return of the worker', () => {
    const outage = { what: 'worker killed', fromMs: 900, toMs: 10_000 };
    const record = recordOf({
      ends: [lostWindow],
      injected: [killed],
      pauses: [{ fromMs: 500, toMs: 12_000 }],
    });

    const judgement = judge(record, [outage]);

    expect(judgement).toMatchObject({ resumeMs: 2_000, broken: [] });
  });

  it('calls a run stuck that is not over when its time is up', () => {
    const judgement = judge(recordOf({ ends: [], stuck: 'PAUSED, soak-1-0' }), []);

    expect(judgement.outcome).toBe('stuck');
  });
});

describe('faults/soak: eight runs while things break', () => {
  it('are neither stuck nor doubled, damaged or broken', async () => {
    const lines: string[] = [];

    const report = await soak({ runs: 8, seed: 392, say: (line) => lines.push(line) });

    expect(isCleanReport(report) ? '' : [...lines, renderReport(report)].join('\n')).toBe('');
    expect(report.runs).toHaveLength(8);
  }, 240_000);
});
