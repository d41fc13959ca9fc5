/** The state of the protocol model, its rules, and what the actors see when they look. What it all means: `model.ts`. */

export type Partition = {
  /** Who paused it first; a pause over a pause changes nothing. */
  phase: 'exporting' | 'ours' | 'foreign';
  /** What the window in charge knows of it: `seen` paused by the proof, `moved` since (which only positions tell). */
  proof: '-' | 'seen' | 'moved';
};

export type Window = {
  at: 'closed' | 'start' | 'checked' | 'claimed' | 'sent' | 'proving' | 'capturing' | 'captured' | 'resuming';
  end: '-' | 'ok' | 'failed' | 'lost';
  cancel: boolean; // requested, not yet noticed
  reset: boolean; // the server no longer cancels it when its backup ends
};

export type Run = {
  at:
    | (
        | 'idle'
        | 'preflight'
        | 'healing'
        | 'passed'
        | 'opened'
        | 'waiting'
        | 'cancelling'
        | 'resuming'
        | 'sealing'
      )
    | ('complete' | 'failed' | 'terminated');
  attempt: number;
  /** `pause.json` of its newest set: `closed` as soon as `resume.json` lies in the set. */
  marker: 'none' | 'open' | 'closed';
  earlier: boolean; // an earlier set of it has an open marker
  cut: 'held' | 'broken'; // the truth
  fence: 'held' | 'broken'; // what the evidence says of it
  window: Window;
};

/** An attempt of `pauseExporting` whose window is gone or no longer waits for it; `late`: only its request is left. */
export type Stray = {
  at: '-' | 'start' | 'checked' | 'claimed' | 'sent' | 'late' | 'landed';
  run: number;
  earlier: boolean; // of an earlier set of its run
};

export type Alarm =
  | ''
  | 'a broken cut is called complete'
  | 'a resume is decided on without a pause of ours'
  | 'a resume is decided on while a window has paused'
  | 'a pause is decided on while another resume is refused'
  | 'a pause is decided on over a foreign one'
  | 'a pause of ours is left behind'
  | 'a foreign pause is lifted';

export type State = {
  partitions: [Partition, Partition];
  refuses: boolean; // Camunda refuses every resume, for ever
  lateResume: boolean; // a resume of a dead worker is still under way
  newest: number; // whose set is the newest
  runs: Run[];
  stray: Stray;
  sentinel: { doing: '-' | 'lift' | 'close'; run: number };
  faults: number; // left to happen
  operator: number; // actions left
  alarm: Alarm; // of the move that led here; no part of the state
};

/** Every rule of the protocol. The model breaks a promise when one (or a pair that stand in for each other) is off. */
export const PROTOCOL = {
  lock: true, // a second window with the same id cannot start
  supervise: true, // backup resumes in place of a lost window
  foreignCheck: true, // the window pauses nothing while something is paused that its set did not pause
  markerFirst: true, // pause.json is written before the pause
  proveEveryPartition: true,
  fenceCounts: true, // the seal refuses a set whose evidence moved
  resumeBeforeClose: true, // the window closes after a failure only when it has resumed
  resumeRetried: true,
  resumeProven: true, // the answer to a resume is no proof
  closedSetStaysClosed: true, // a window that is reset after its set was closed pauses nothing
  strayTakesBack: true, // an attempt that finds its workflow gone resumes
  preflightAsksWindow: true,
  preflightAsksExporting: true,
  sentinel: true,
  sentinelAsksWindow: true,
  sentinelAsksMarker: true,
  sentinelAsksRun: true,
  anyMarker: true, // every open marker counts, not that of the newest set which paused alone
  closeWhenQuiet: true, // a marker is closed only when no pause of its set can land any more
  resumeAsksMarker: true, // window and backup resume only where their set has a marker
  windowAsksMarkers: true, // the window pauses nothing while a set of another run that lives has an open marker
  closersAskWindow: true, // neither backup nor preflight resumes while a window of somebody else is open
  closesAtOnce: true, // the sentinel closes a marker in the moment of the look; in the code a moment lies between (see LIMITS)
};
export type Rules = Record<keyof typeof PROTOCOL, boolean>;
export type Bounds = { runs: number; attempts: number; faults: number; operator: number };

/** `step`: happens by itself sooner or later; everything else need not happen. */
export type Kind = 'step' | 'start' | 'fault' | 'operator';
export type Change = (next: State) => void;
export type Scene = {
  s: State;
  rules: Rules;
  bounds: Bounds;
  add: (kind: Kind, label: string, change: Change) => void;
};

export const NAMES = ['A', 'B'];
export const NO_WINDOW: Window = { at: 'closed', end: '-', cancel: false, reset: false };

export function runOf(s: State, r: number): Run {
  const run = s.runs[r];
  if (run === undefined) throw new Error(`no run ${r}`);
  return run;
}

export const isOpen = ({ window }: Run): boolean => window.at !== 'closed';
export const isOver = ({ at }: Run): boolean => ['idle', 'complete', 'failed', 'terminated'].includes(at);
export const isPaused = ({ phase }: Partition): boolean => phase !== 'exporting';
export const anyPaused = (s: State): boolean => s.partitions.some(isPaused);
export const anyWindow = (s: State): boolean => s.runs.some(isOpen);

/** The set whose pause may still stand; -1 where there is none. */
export function openMarker(s: State, rules: Rules): number {
  for (const r of s.newest === 1 ? [1, 0] : [0, 1]) {
    const { marker = 'none', earlier = false } = s.runs[r] ?? {};
    if (marker === 'open' || (earlier && rules.anyMarker)) return r;
    if (marker === 'closed' && !rules.anyMarker) return -1;
  }
  return -1;
}

/** Whether no pause of the set can land any more. In the code this is a matter of waiting: requests have a deadline. */
export function isQuiet({ s, rules }: Scene, r: number): boolean {
  return !rules.closeWhenQuiet || s.stray.at === '-' || s.stray.run !== r;
}

/** Somebody else's pause, and nothing of ours that could excuse a resume. */
function onlyForeign(s: State): boolean {
  const phases = s.partitions.map(({ phase }) => phase);
  const underWay = ['sent', 'late'].includes(s.stray.at) || s.runs.some(({ window }) => window.at === 'sent');
  return phases.includes('foreign') && !phases.includes('ours') && !underWay;
}

export function pauseAll(n: State): void {
  for (const partition of n.partitions) pauseOne(partition);
}

export function pauseOne(partition: Partition): void {
  if (partition.phase === 'exporting') partition.phase = 'ours';
}

export function resumeAll(n: State): void {
  if (onlyForeign(n) && n.alarm === '') n.alarm = 'a foreign pause is lifted';
  for (const partition of n.partitions) partition.phase = 'exporting';
}

/** Somebody of ours makes up his mind to resume for the set of run `r`. */
export function decideToResume(n: State, r: number): void {
  const paused = ['sent', 'proving', 'capturing', 'captured'];
  const run = n.runs[r];
  const onRecord = run !== undefined && (run.marker !== 'none' || run.earlier);
  if (onlyForeign(n) && !onRecord) n.alarm = 'a resume is decided on without a pause of ours';
  else if (n.runs.some(({ window }) => paused.includes(window.at)))
    n.alarm = 'a resume is decided on while a window has paused';
}

/** The window or the backup of run `r` ends by itself. */
export function endOwn(n: State, r: number): void {
  const ours = n.partitions.some(({ phase }) => phase === 'ours');
  const othersOwn = n.runs.some((run, i) => i !== r && run.marker === 'open');
  if (ours && !othersOwn && runOf(n, r).marker !== 'none' && !anyWindow(n))
    n.alarm = 'a pause of ours is left behind';
}

export function canStray(s: State, r: number): boolean {
  const { at } = runOf(s, r).window;
  return s.stray.at === '-' && ['start', 'checked', 'claimed', 'sent', 'proving'].includes(at);
}

/** The attempt to pause goes on without its window. */
export function letStray(n: State, r: number): void {
  const { at } = runOf(n, r).window;
  if (canStray(n, r))
    n.stray = { at: at === 'proving' ? 'landed' : (at as Stray['at']), run: r, earlier: false };
}

export function endStray(n: State): void {
  n.stray = { at: '-', run: -1, earlier: false };
}

/** Every open marker of the run is closed. */
export function closeMarkers(n: State, r: number): void {
  const run = runOf(n, r);
  if (run.marker === 'open') run.marker = 'closed';
  run.earlier = false;
}

/** The window is ended from outside. */
export function endWindow(n: State, r: number): void {
  const run = runOf(n, r);
  run.window = { ...run.window, at: 'closed', end: 'lost', cancel: false };
}
