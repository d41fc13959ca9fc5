import {
  anyPaused,
  anyWindow,
  canStray,
  decideToResume,
  endOwn,
  endStray,
  endWindow,
  isOpen,
  isOver,
  letStray,
  NAMES,
  NO_WINDOW,
  openMarker,
  resumeAll,
  runOf,
  type Change,
  type Run,
  type Scene,
  type State,
} from './state.ts';

/** idle -> preflight (-> healing) -> passed -> opened -> waiting (-> resuming) -> sealing -> complete, failed */
export function backupMoves(scene: Scene, r: number): void {
  const { s, rules, bounds, add } = scene;
  const run = runOf(s, r);
  const step = (what: string, change: Change) => {
    add('step', `backup ${NAMES[r]} ${what}`, change);
  };
  const goTo =
    (at: Run['at'], more?: Change): Change =>
    (n) => {
      runOf(n, r).at = at;
      more?.(n);
    };

  switch (run.at) {
    case 'idle':
      if (r === 0 || s.runs[r - 1]?.at !== 'idle')
        add('start', `backup ${NAMES[r]} starts`, goTo('preflight'));
      break;
    case 'preflight':
      preflight();
      break;
    case 'healing':
      heal();
      break;
    case 'passed':
      step('opens a set', goTo('opened', openSet));
      break;
    case 'opened':
      if (rules.lock && anyWindow(s)) step('finds the lock taken: ClusterBusy', goTo('failed'));
      else step('starts its window', goTo('waiting', openWindow));
      break;
    case 'waiting':
    case 'cancelling':
      supervise();
      break;
    case 'resuming':
      resumeInstead();
      break;
    case 'sealing':
      seal();
      break;
    case 'complete':
    case 'failed':
    case 'terminated':
      if (run.at === 'terminated' && isOpen(run) && !run.window.cancel && !run.window.reset)
        add('step', `the server cancels window ${NAMES[r]}`, cancelWindow);
      return;
  }
  if (!isOver(run)) endFromOutside();

  function preflight(): void {
    const m = openMarker(s, rules);
    const dead = m >= 0 && (m === r || isOver(runOf(s, m)));
    if (rules.preflightAsksWindow && anyWindow(s)) {
      step('finds a window open: ClusterBusy', goTo('failed'));
    } else if (rules.preflightAsksExporting && anyPaused(s)) {
      const decide: Change = (n) => {
        decideToResume(n, m);
      };
      if (dead) step('finds the pause of a dead set, decides to heal', goTo('healing', decide));
      else step('finds a pause that it may not lift: fails', goTo('failed'));
    } else {
      step('passes preflight', goTo('passed'));
    }
  }

  function heal(): void {
    if (s.refuses) step('cannot heal: fails', goTo('failed'));
    else if (rules.closersAskWindow && anyWindow(s)) step('finds a window open: ClusterBusy', goTo('failed'));
    else if (anyPaused(s)) step('resumes in place of the dead set', resumeAll);
    else step('proves the resume, leaves the marker to the sentinel', goTo('preflight'));
  }

  function openSet(n: State): void {
    n.newest = r;
    const old = runOf(n, r);
    if (n.stray.run === r) {
      // The stray attempt belongs to the set before.
      if (n.stray.at === 'start' && old.marker === 'closed' && rules.closedSetStaysClosed) endStray(n);
      else n.stray.earlier = true;
    }
    old.earlier ||= old.marker === 'open';
    old.marker = 'none';
  }

  function openWindow(n: State): void {
    runOf(n, r).window = { ...NO_WINDOW, at: 'start' };
  }

  function cancelWindow(n: State): void {
    runOf(n, r).window.cancel = true;
  }

  function supervise(): void {
    const { end } = run.window;
    if (isOpen(run)) return;
    if (end === 'ok' && run.at === 'waiting') step('goes on to the seal', goTo('sealing'));
    else if (end === 'lost' && rules.supervise) step('sees its window gone', goTo('resuming'));
    else step('fails as its window did', goTo('failed', leave));
  }

  function leave(n: State): void {
    if (run.window.end === 'lost') endOwn(n, r);
  }

  function resumeInstead(): void {
    if (rules.closersAskWindow && anyWindow(s)) {
      step('leaves exporting to the window that is open: WindowLost', goTo('failed'));
    } else if (rules.resumeAsksMarker && run.marker === 'none') {
      step('has no pause to lift: WindowLost', goTo('failed'));
    } else if (anyPaused(s) && !s.refuses) {
      step('resumes in place of its window', (n) => {
        decideToResume(n, r);
        resumeAll(n);
      });
    } else if (!anyPaused(s) && !s.refuses) {
      step('proves the resume, leaves the marker to the sentinel: WindowLost', goTo('failed'));
    }
  }

  function seal(): void {
    if (run.fence === 'held' || !rules.fenceCounts) {
      step(
        'seals: complete',
        goTo('complete', (n) => {
          if (run.cut === 'broken') n.alarm = 'a broken cut is called complete';
        }),
      );
    } else if (run.attempt < bounds.attempts) {
      step('finds the fence broken, cleans up, begins a new set', goTo('preflight', beginAgain));
    } else {
      step('finds the fence broken: SetFailed', goTo('failed'));
    }
  }

  function beginAgain(n: State): void {
    Object.assign(runOf(n, r), { attempt: run.attempt + 1, window: { ...NO_WINDOW } });
  }

  function endFromOutside(): void {
    const ended = (n: State) => {
      endWindow(n, r);
    };
    const strayed = (n: State) => {
      letStray(n, r);
      endWindow(n, r);
    };
    add('fault', `backup ${NAMES[r]} is terminated`, goTo('terminated'));
    if (isOpen(run)) {
      add('fault', `backup ${NAMES[r]} and its window are terminated`, goTo('terminated', ended));
      if (canStray(s, r))
        add(
          'fault',
          `backup ${NAMES[r]} and its window are terminated, an attempt to pause lives on`,
          goTo('terminated', strayed),
        );
      if (run.at === 'waiting' || run.at === 'cancelling')
        add(
          'fault',
          `backup ${NAMES[r]} terminates its window, which is over budget`,
          goTo('resuming', strayed),
        );
    }
    if (run.at === 'resuming') return; // cannot be cancelled
    add(
      'operator',
      `cancels backup ${NAMES[r]}`,
      isOpen(run) ? goTo('cancelling', cancelWindow) : goTo('failed'),
    );
  }
}
