import {
  anyPaused,
  anyWindow,
  canStray,
  decideToResume,
  endOwn,
  endWindow,
  isOpen,
  isOver,
  isPaused,
  isQuiet,
  letStray,
  NAMES,
  NO_WINDOW,
  pauseAll,
  pauseOne,
  resumeAll,
  runOf,
  type Change,
  type Scene,
  type State,
  type Window,
} from './state.ts';

/** start -> checked -> claimed -> sent -> proving -> capturing -> captured -> resuming -> closed */
export function windowMoves(scene: Scene, r: number): void {
  const { s, rules, add } = scene;
  const run = runOf(s, r);
  const { window } = run;
  const name = `window ${NAMES[r]}`;
  const step = (what: string, change: Change) => {
    add('step', `${name} ${what}`, change);
  };
  const goTo =
    (at: Window['at'], more?: Change): Change =>
    (n) => {
      runOf(n, r).window.at = at;
      more?.(n);
    };
  const close = (end: Window['end'], more?: Change) =>
    goTo('closed', (n) => {
      runOf(n, r).window.end = end;
      more?.(n);
      if (s.stray.at === '-' && window.at !== 'start') endOwn(n, r);
    });
  const closeMarker: Change = (n) => {
    runOf(n, r).marker = 'closed';
  };
  const resume = (end: Window['end'], more?: Change): Change =>
    !rules.resumeBeforeClose && end !== 'ok'
      ? close(end, more)
      : goTo('resuming', (n) => {
          runOf(n, r).window.end = end;
          if (!rules.resumeAsksMarker || run.marker !== 'none') decideToResume(n, r);
          more?.(n);
        });

  if (!isOpen(run)) {
    if (window.end !== '-' && !['waiting', 'cancelling'].includes(run.at) && !anyWindow(s))
      add('operator', `resets ${name}, which was closed`, reopen);
    return;
  }
  if (window.cancel && window.at !== 'resuming') stopForCancel();
  switch (window.at) {
    case 'start':
      check();
      break;
    case 'checked':
      step('writes its marker', goTo('claimed', rules.markerFirst ? claim : undefined));
      break;
    case 'claimed':
      step('asks for the pause', goTo('sent'));
      break;
    case 'sent':
      land();
      break;
    case 'proving':
      prove();
      break;
    case 'capturing':
      step('takes the parts', goTo('captured', noteCut));
      add('fault', `a part of ${name} fails`, resume('failed'));
      break;
    case 'captured':
      step('reads the evidence', resume('ok', noteFence));
      break;
    case 'resuming':
      resumeForCertain();
      break;
    case 'closed':
      break;
  }
  endFromOutside();

  /** A cancel that came from its backup leaves nothing to supervise; one of its own counts as lost. */
  function stopForCancel(): void {
    const end = ['cancelling', 'terminated'].includes(run.at) ? 'failed' : 'lost';
    if (window.at !== 'sent') step('stops for the cancel', resume(end));
    else if (s.stray.at === '-')
      step('stops for the cancel, its pause still under way', resume(end, leaveRequest));
  }

  function leaveRequest(n: State): void {
    n.stray = { at: 'late', run: r, earlier: false };
  }

  function check(): void {
    const others = s.runs.filter(
      (other) => other !== run && (other.marker === 'open' || other.earlier) && !isOver(other),
    );
    const stuck = others.some((other) => other.at === 'resuming' || other.window.at === 'resuming');
    if (run.marker === 'closed' && rules.closedSetStaysClosed) {
      step('finds its set closed: WindowClosed', close('failed'));
    } else if (run.marker === 'none' && rules.foreignCheck && anyPaused(s)) {
      step('finds a pause: ForeignPause', close('failed'));
    } else if (run.marker === 'none' && rules.windowAsksMarkers && others.length > 0) {
      step('finds the open marker of another set: ClusterBusy', close('failed'));
    } else {
      step(
        run.marker === 'none' ? 'finds everything exporting' : 'finds its own marker',
        goTo('checked', (n) => {
          if (s.refuses && run.marker === 'none' && stuck)
            n.alarm = 'a pause is decided on while another resume is refused';
          if (run.marker === 'none' && s.partitions.some(({ phase }) => phase === 'foreign'))
            n.alarm = 'a pause is decided on over a foreign one';
        }),
      );
    }
  }

  function claim(n: State): void {
    const own = runOf(n, r);
    if (own.marker === 'none') own.marker = 'open';
  }

  function land(): void {
    add('step', `the pause of ${name} lands`, goTo('proving', pauseAll));
    s.partitions.forEach((_, i) => {
      const reachOne: Change = (n) => {
        n.partitions.filter((__, j) => j === i).forEach(pauseOne);
      };
      add('fault', `the pause of ${name} reaches partition ${i + 1} only`, goTo('proving', reachOne));
    });
    if (s.stray.at === '-')
      add('fault', `the worker of ${name} dies, its pause still under way`, goTo('start', leaveRequest));
  }

  function prove(): void {
    const left = s.partitions.filter(({ proof }) => proof === '-').length;
    s.partitions.forEach((partition, i) => {
      if (partition.proof !== '-' || !isPaused(partition)) return;
      const last = left === 1 || !rules.proveEveryPartition;
      const see: Change = (n) => {
        n.partitions[i === 0 ? 0 : 1].proof = 'seen';
        if (last) claim(n); // an earlier claim is the rule
      };
      step(`reads partition ${i + 1} paused`, goTo(last ? 'capturing' : 'proving', see));
    });
    if (s.partitions.every(isPaused)) return;
    step('misses a partition, tries again', goTo('start'));
    step('misses a partition: PauseNotProven', resume('failed'));
  }

  function noteCut(n: State): void {
    const held = s.partitions.every(({ proof }) => proof === 'seen');
    if (run.at === 'waiting') runOf(n, r).cut = held ? 'held' : 'broken';
  }

  function noteFence(n: State): void {
    const held = s.partitions.every((partition) => isPaused(partition) && partition.proof !== 'moved');
    if (run.at === 'waiting') runOf(n, r).fence = held ? 'held' : 'broken';
  }

  function resumeForCertain(): void {
    if (rules.resumeAsksMarker && run.marker === 'none') {
      step('has no pause to lift, closes', close(window.end));
      return;
    }
    if (!rules.resumeRetried && anyPaused(s)) step('gives up the resume', close(window.end));
    if (s.refuses) return;
    if (anyPaused(s)) {
      const resumeOne: Change = (n) => {
        n.partitions[0].phase = 'exporting';
      };
      step('resumes', resumeAll);
      add(
        'fault',
        `the resume of ${name} reaches one partition only`,
        rules.resumeProven
          ? resumeOne
          : close(window.end, (n) => {
              resumeOne(n);
              closeMarker(n);
            }),
      );
    }
    if (!s.lateResume)
      add('fault', `a resume of ${name} is delayed`, (n) => {
        n.lateResume = true;
      });
    if (anyPaused(s)) return;
    if (isQuiet(scene, r)) step('proves the resume, closes the marker', close(window.end, closeMarker));
    step('proves the resume, leaves the marker to the sentinel', close(window.end));
  }

  function endFromOutside(): void {
    const end: Change = (n) => {
      endWindow(n, r);
    };
    const stray: Change = (n) => {
      letStray(n, r);
    };
    add('fault', `${name} is terminated`, end);
    if (canStray(s, r)) {
      add('fault', `${name} is terminated, its attempt to pause lives on`, (n) => {
        stray(n);
        end(n);
      });
      add('fault', `${name} loses sight of its attempt to pause, starts another`, (n) => {
        stray(n);
        runOf(n, r).window.at = 'start';
      });
    }
    if (!window.cancel)
      add('operator', `cancels ${name}`, (n) => {
        runOf(n, r).window.cancel = true;
      });
    if (window.at === 'start') return;
    add('operator', `resets ${name}, its backup follows it`, (n) => {
      stray(n);
      reopen(n);
    });
  }

  function reopen(n: State): void {
    runOf(n, r).window = { ...NO_WINDOW, at: 'start', reset: true };
  }
}
