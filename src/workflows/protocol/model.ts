import { backupMoves } from './backupMoves.ts';
import { clusterMoves, sentinelMoves, strayMoves } from './otherMoves.ts';
import {
  isOpen,
  isOver,
  NO_WINDOW,
  type Bounds,
  type Kind,
  type Rules,
  type Run,
  type State,
} from './state.ts';
import { windowMoves } from './windowMoves.ts';

export { PROTOCOL, type Bounds, type Rules, type State } from './state.ts';

/**
 * The protocol by which backup, backupWindow, the sentinel and the activities pause and resume exporting, as a model small
 * enough to look at every order in which its steps, faults and the actions of people can happen. It is no part of the
 * product: `test/workflows/protocol` explores it. A change of the protocol is tried here first.
 *
 *   cluster    two partitions; a request to pause may reach one of them only, lose its answer, or land late
 *   backup     two runs, each with one or two sets: preflight, healing, the set, its window, supervision, seal
 *   window     check, marker (pause.json), pause, proof, capture, evidence, resume, proof, marker closed (resume.json)
 *   stray      an attempt of `pauseExporting` that outlives its window: terminated, reset, or a worker cut off
 *   sentinel   lifts what a dead set left paused, closes markers that were left open
 *   operator   pauses, resumes, cancels, resets
 *
 * One move is one step that others cannot interrupt: a request that lands, an object that is written, a look. A worker that
 * is dead or slow is simply one that does not move for a while. Faults and actions of people are limited in number
 * (`Bounds`); everything else may happen in any order. A step that stays possible happens in the end.
 *
 * What is left out: the capture itself, more than one stray attempt at a time, and clocks. `closeWhenQuiet` stands for a wait in the code: the
 * window closes its marker only when its one pause was answered and proven, the sentinel only long after the claim.
 */
export type Move = { kind: Kind; label: string; next: State };

/** In no reachable state, and by no move. */
export const PROMISES = {
  'never two windows of one cluster': (s) => s.runs.filter(isOpen).length > 1,
  'complete only where nothing was exported from the proof to the last part': (s) =>
    s.alarm === 'a broken cut is called complete',
  'nobody pauses over a foreign pause': (s) => s.alarm === 'a pause is decided on over a foreign one',
  'nobody resumes without a pause of ours on record': (s) =>
    s.alarm === 'a resume is decided on without a pause of ours',
  'nobody resumes into an open window': (s) => s.alarm === 'a resume is decided on while a window has paused',
  'neither window nor backup ends over its own pause': (s) => s.alarm === 'a pause of ours is left behind',
  'while a resume is refused nobody else pauses': (s) =>
    s.alarm === 'a pause is decided on while another resume is refused',
} as const satisfies Record<string, (s: State) => boolean>;

/** From every reachable state on, once faults and people rest, and for good. A resume refused for ever is excused. */
export const ENDINGS = {
  'exporting always ends running': (s) => s.refuses || s.partitions.every(({ phase }) => phase !== 'ours'),
  'every run and window ends': (s) => s.refuses || s.runs.every((run) => isOver(run) && !isOpen(run)),
} as const satisfies Record<string, (s: State) => boolean>;

/**
 * Cannot be kept: Camunda does not say who paused, and has no resume on condition. Between our look and our act, and where
 * `resume.json` is not written yet, a pause of somebody else is lifted as if it were ours. Nor can the store look and write in
 * one: a window that is reset and pauses between the look of the sentinel and its `resume.json`, and is terminated then
 * (two faults and a reset), leaves a pause that counts as foreign: told of loudly, and lifted by a person.
 */
export const LIMITS = {
  'a foreign pause is never lifted': (s) => s.alarm === 'a foreign pause is lifted',
} as const satisfies Record<string, (s: State) => boolean>;

export function initialState({ runs, faults, operator }: Bounds): State {
  const idle = (): Run => ({
    at: 'idle',
    attempt: 1,
    marker: 'none',
    earlier: false,
    cut: 'held',
    fence: 'held',
    window: { ...NO_WINDOW },
  });
  return {
    partitions: [
      { phase: 'exporting', proof: '-' },
      { phase: 'exporting', proof: '-' },
    ],
    refuses: false,
    lateResume: false,
    newest: -1,
    runs: Array.from({ length: runs }, idle),
    stray: { at: '-', run: -1, earlier: false },
    sentinel: { doing: '-', run: -1 },
    faults,
    operator,
    alarm: '',
  };
}

/** Everything that can happen next. */
export function movesFrom(s: State, rules: Rules, bounds: Bounds): Move[] {
  const moves: Move[] = [];
  const scene = { s, rules, bounds, add };
  s.runs.forEach((_, r) => {
    backupMoves(scene, r);
    windowMoves(scene, r);
  });
  strayMoves(scene);
  sentinelMoves(scene);
  clusterMoves(scene);
  return moves;

  function add(kind: Kind, label: string, change: (next: State) => void): void {
    if ((kind === 'fault' && s.faults === 0) || (kind === 'operator' && s.operator === 0)) return;
    const next = copy(s);
    if (kind === 'fault') next.faults -= 1;
    if (kind === 'operator') next.operator -= 1;
    change(next);
    forgetWhatIsOver(next);
    moves.push({ kind, label: kind === 'fault' || kind === 'operator' ? `[${kind}] ${label}` : label, next });
  }
}

/** Two states with the same text have the same future. */
export function stateKey(s: State): string {
  const runs = s.runs.map(
    ({ at, attempt, marker, earlier, cut, fence, window: w }) =>
      `${at},${attempt},${marker},${earlier},${cut},${fence},${w.at},${w.end},${w.cancel},${w.reset}`,
  );
  const [p, q] = s.partitions;
  return `${p.phase}${p.proof}${q.phase}${q.proof} ${s.refuses}${s.lateResume}${s.newest} ${runs.join(' ')} ${s.stray.at}${s.stray.run}${s.stray.earlier} ${s.sentinel.doing}${s.sentinel.run} ${s.faults}${s.operator}`;
}

function copy(s: State): State {
  return {
    ...s,
    partitions: [{ ...s.partitions[0] }, { ...s.partitions[1] }],
    runs: s.runs.map((run) => ({ ...run, window: { ...run.window } })),
    stray: { ...s.stray },
    sentinel: { ...s.sentinel },
    alarm: '',
  };
}

/** Keeps states apart only where their futures differ. The two partitions have no order. */
function forgetWhatIsOver(s: State): void {
  const fenced = s.runs.some(({ window }) => ['proving', 'capturing', 'captured'].includes(window.at));
  if (!fenced) for (const partition of s.partitions) partition.proof = '-';
  const [p, q] = s.partitions;
  if (p.phase + p.proof > q.phase + q.proof) s.partitions = [q, p];
  for (const run of s.runs) {
    const { window } = run;
    if (isOpen(run) && window.at !== 'resuming') window.end = '-';
    if (isOver(run) && !isOpen(run)) run.window = { ...NO_WINDOW, end: window.end === '-' ? '-' : 'failed' };
    if (isOver(run)) run.attempt = 1;
    if (run.at !== 'sealing' && run.at !== 'waiting') Object.assign(run, { cut: 'held', fence: 'held' });
  }
}
