import { describe, expect, it } from '@jest/globals';
import {
  ENDINGS,
  initialState,
  LIMITS,
  movesFrom,
  PROMISES,
  PROTOCOL,
  stateKey,
  type Bounds,
  type Rules,
  type State,
} from '../../../src/workflows/protocol/model.ts';
import { explore, type Exploration } from './explore.ts';

type RuleName = keyof Rules;
type Promises = Record<string, (state: State) => boolean>;

const ONE_RUN: Bounds = { runs: 1, attempts: 1, faults: 1, operator: 1 };
const TWO_RUNS: Bounds = { runs: 2, attempts: 1, faults: 1, operator: 1 };
const TWO_RUNS_TWO_FAULTS: Bounds = { runs: 2, attempts: 1, faults: 2, operator: 0 };
const TWO_RUNS_ONE_FAULT: Bounds = { runs: 2, attempts: 1, faults: 1, operator: 0 };
const TWO_SETS: Bounds = { runs: 1, attempts: 2, faults: 2, operator: 1 };

function check(bounds: Bounds, off: readonly RuleName[] = [], limits: Promises = {}): Exploration {
  const rules: Rules = { ...PROTOCOL };
  for (const rule of off) rules[rule] = false;
  return explore<State, ReturnType<typeof movesFrom>[number]['kind']>({
    initial: initialState(bounds),
    key: stateKey,
    moves: (state) => movesFrom(state, rules, bounds),
    fair: ['step'],
    never: { ...PROMISES, ...limits },
    inTheEnd: ENDINGS,
  });
}

function show(title: string, { states, moves, tookMs }: Exploration, more: readonly string[] = []): void {
  process.stdout.write(`    ${title}: ${states} states, ${moves} moves, ${tookMs} ms\n`);
  for (const line of more) process.stdout.write(`      ${line}\n`);
}

describe('workflows/protocol: every order of steps, faults and actions of people', () => {
  it.each<[string, Bounds]>([
    ['one run of two sets, two faults, two actions', { ...TWO_SETS, operator: 2 }],
    ['two runs, one fault, one action', TWO_RUNS],
    ['two runs, two faults', TWO_RUNS_TWO_FAULTS],
    ['two runs of two sets, one fault', { ...TWO_RUNS_ONE_FAULT, attempts: 2 }],
  ])('keeps all promises: %s', (title, bounds) => {
    const explored = check(bounds);

    show(title, explored);
    expect(Object.fromEntries(explored.broken)).toEqual({});
  });
});

type Broken = keyof typeof PROMISES | keyof typeof ENDINGS;

const endsRunning = 'exporting always ends running';
const noIntrusion = 'nobody resumes into an open window';
const noLeaving = 'neither window nor backup ends over its own pause';
const onRecord = 'nobody resumes without a pause of ours on record';
const truly = 'complete only where nothing was exported from the proof to the last part';

/** Without these rules the promise breaks, so the model can tell. */
const NEEDED: [RuleName[], Broken, Bounds][] = [
  [['lock'], 'never two windows of one cluster', TWO_RUNS_ONE_FAULT],
  [['supervise'], noLeaving, ONE_RUN],
  [['foreignCheck'], 'nobody pauses over a foreign pause', ONE_RUN],
  [['markerFirst'], endsRunning, ONE_RUN],
  [['proveEveryPartition'], truly, ONE_RUN],
  [['fenceCounts'], truly, ONE_RUN],
  [['resumeBeforeClose'], noLeaving, ONE_RUN],
  [['resumeRetried'], noLeaving, ONE_RUN],
  [['resumeProven'], endsRunning, ONE_RUN],
  [['closedSetStaysClosed'], endsRunning, ONE_RUN],
  [['preflightAsksWindow'], noIntrusion, TWO_RUNS_ONE_FAULT],
  [['sentinel'], endsRunning, ONE_RUN],
  [['sentinelAsksWindow'], noIntrusion, ONE_RUN],
  [['sentinelAsksMarker'], onRecord, ONE_RUN],
  [['anyMarker'], endsRunning, TWO_RUNS_ONE_FAULT],
  [['closeWhenQuiet'], endsRunning, ONE_RUN],
  [['resumeAsksMarker'], onRecord, ONE_RUN],
  [['windowAsksMarkers'], 'while a resume is refused nobody else pauses', TWO_RUNS_TWO_FAULTS],
  [['closersAskWindow'], noIntrusion, ONE_RUN],
  [['closesAtOnce'], endsRunning, TWO_SETS],
];

/** What they do is done by others too, only later: by the sentinel, by its look for windows, by the check of the window. */
const COVERED: RuleName[] = ['strayTakesBack', 'sentinelAsksRun', 'preflightAsksExporting'];

describe('workflows/protocol: the protocol without one of its rules', () => {
  it.each(NEEDED)('without %j it breaks: %s', (off, promise, bounds) => {
    const explored = check(bounds, off);

    const trace = explored.broken.get(promise);
    show(`without ${off.join(', ')}, ${trace?.length ?? 0} moves to break "${promise}"`, explored);
    expect([...explored.broken.keys()]).toContain(promise);
    expect(trace?.[0]).toMatch(/backup A starts|pauses exporting/);
  });

  it.each(COVERED)('without %s the others still keep all promises', (rule) => {
    const explored = [check(TWO_RUNS_ONE_FAULT, [rule]), check(TWO_SETS, [rule])];

    expect(explored.flatMap(({ broken }) => [...broken.keys()])).toEqual([]);
  });

  it('knows every rule', () => {
    const named = [...NEEDED.flatMap(([off]) => off), ...COVERED];

    expect([...new Set(named)].sort()).toEqual(Object.keys(PROTOCOL).sort());
  });
});

describe('workflows/protocol: what cannot be kept', () => {
  it('may lift a foreign pause that comes between a look and an act', () => {
    const explored = check(ONE_RUN, [], LIMITS);

    const trace = explored.broken.get('a foreign pause is never lifted') ?? [];
    show('a foreign pause is lifted', explored, trace);
    expect([...explored.broken.keys()]).toEqual(['a foreign pause is never lifted']);
    expect(trace.at(-2)).toBe('[operator] pauses exporting');
  });
});
