import {
  closeMarkers,
  anyPaused,
  anyWindow,
  decideToResume,
  endStray,
  isOver,
  isPaused,
  isQuiet,
  NAMES,
  openMarker,
  pauseAll,
  resumeAll,
  runOf,
  type Change,
  type Scene,
  type State,
  type Stray,
} from './state.ts';

/** start -> checked -> claimed -> sent -> landed -> gone: as the window does, until it finds its workflow gone. */
export function strayMoves({ s, rules, add }: Scene): void {
  const { at, run: r } = s.stray;
  const run = s.runs[r];
  const name = NAMES[r] ?? 'an older set';
  const step = (what: string, change: Change) => {
    add('step', `stray attempt of ${name} ${what}`, change);
  };
  const goTo =
    (place: Stray['at'], more?: Change): Change =>
    (n) => {
      n.stray.at = place;
      more?.(n);
    };
  const takesBack = rules.strayTakesBack && !s.refuses;

  switch (at) {
    case '-':
      return;
    case 'start':
      if (!refused()) step('finds nothing against a pause', goTo('checked'));
      step('ends', endStray);
      break;
    case 'checked':
      step('writes its marker', goTo('claimed', claim));
      step('ends', endStray);
      break;
    case 'claimed':
      step('asks for the pause', goTo('sent'));
      step('ends', endStray);
      break;
    case 'sent':
      step('lands its pause', goTo('landed', pauseAll));
      if (takesBack)
        step('finds its workflow gone, resumes, its pause still under way', goTo('late', resumeAll));
      add(
        'fault',
        `the worker of the stray attempt of ${name} dies, its pause still under way`,
        goTo('late'),
      );
      break;
    case 'late':
      add('step', `the late pause of ${name} lands`, (n) => {
        pauseAll(n);
        endStray(n);
      });
      add('step', `the late pause of ${name} is lost`, endStray);
      break;
    case 'landed':
      if (takesBack)
        step('finds its workflow gone, takes its pause back', (n) => {
          resumeAll(n);
          endStray(n);
        });
      else step('ends', endStray);
      add('fault', `the worker of the stray attempt of ${name} dies`, endStray);
      break;
  }

  function refused(): boolean {
    const marker = s.stray.earlier ? 'none' : run?.marker;
    if (marker === 'closed') return rules.closedSetStaysClosed;
    return marker === 'none' && rules.foreignCheck && anyPaused(s);
  }

  function claim(n: State): void {
    const own = runOf(n, r);
    if (s.stray.earlier) own.earlier = true;
    else if (own.marker === 'none') own.marker = 'open';
  }
}

/** Looks, then acts: between the two anything may happen. */
export function sentinelMoves(scene: Scene): void {
  const { s, rules, add } = scene;
  if (!rules.sentinel) return;
  const rest: Change = (n) => {
    n.sentinel = { doing: '-', run: -1 };
  };
  switch (s.sentinel.doing) {
    case '-':
      look();
      break;
    case 'lift':
      if (s.refuses) add('step', 'sentinel is refused the resume', rest);
      else
        add('step', 'sentinel resumes', (n) => {
          resumeAll(n);
          rest(n);
        });
      break;
    case 'close':
      add('step', 'sentinel closes the marker', (n) => {
        closeMarkers(n, s.sentinel.run);
        rest(n);
      });
      break;
  }

  function look(): void {
    const m = openMarker(s, rules);
    if (rules.sentinelAsksWindow && anyWindow(s)) return;
    const dead = m >= 0 && (!rules.sentinelAsksRun || isOver(runOf(s, m)));
    if (anyPaused(s) && (dead || !rules.sentinelAsksMarker))
      add('step', 'sentinel finds an abandoned pause', (n) => {
        n.sentinel = { doing: 'lift', run: m };
        decideToResume(n, m);
      });
    if (!anyPaused(s) && dead && isQuiet(scene, m))
      add('step', `sentinel finds the marker of ${NAMES[m]} to close`, (n) => {
        if (rules.closesAtOnce) closeMarkers(n, m);
        else n.sentinel = { doing: 'close', run: m };
      });
  }
}

/** The exporters, and what people do to Camunda itself. */
export function clusterMoves({ s, add }: Scene): void {
  s.partitions.forEach((partition, i) => {
    if (partition.proof !== 'seen' || isPaused(partition)) return;
    add('step', `partition ${i + 1} exports`, (n) => {
      n.partitions[i === 0 ? 0 : 1].proof = 'moved';
    });
  });
  if (s.lateResume) {
    const gone: Change = (n) => {
      n.lateResume = false;
    };
    add('step', 'the delayed resume lands', (n) => {
      resumeAll(n);
      gone(n);
    });
    add('step', 'the delayed resume is lost', gone);
  }
  if (!s.refuses && s.newest >= 0)
    add('fault', 'Camunda refuses every resume from now on', (n) => {
      n.refuses = true;
    });
  if (anyPaused(s))
    add('operator', 'resumes exporting', (n) => {
      for (const partition of n.partitions) partition.phase = 'exporting';
    });
  if (!s.partitions.every(isPaused))
    add('operator', 'pauses exporting', (n) => {
      for (const partition of n.partitions) if (!isPaused(partition)) partition.phase = 'foreign';
    });
}
