import type { WorkflowHandle } from '@temporalio/client';
import type { WireFault } from '../../../sandbox/simulator/faults/wireFault.ts';
import type { ClusterUnderTest } from '../cluster.ts';
import type { Installation } from '../installation.ts';
import { inDump } from '../moments.ts';

/** Where a backup stands when it is hit. */
export type Phase = {
  at: string; // completes `hit while ...`
  cluster: string; // its own, so that all phases are hit at the same moment
  isPaused: boolean; // exporting, at that moment
  /** Exporting cannot run again before it is let go: the resume is held up, or the pause lands only then. */
  standsAgainstResume: boolean;
  /** It slows Temporal down, and so every other run. */
  isAlone: boolean;
  isResuming: boolean;
  /** One of those that `npm test` has for every act. */
  isCore: boolean;
  needsDatabase: boolean;
  hasSet: boolean;
  hasWindow: boolean;
  hold: (cluster: ClusterUnderTest, installation: Installation) => Hold;
};

export type Hold = {
  reached(run: WorkflowHandle): boolean | Promise<boolean>;
  letGo(): void;
};

const SEALING = 'GET searchEngine /_snapshot/camunda/camunda_webapps_*';
const SLOW_TEMPORAL_MS = 500;

/** In the order of a run. */
export const phases: Phase[] = [
  phase('preflight looks', { holds: { on: 'GET restApi topology' } }),
  {
    ...phase('the set is opened and its window not yet', { isAlone: true, hasSet: true }),
    hold: betweenSetAndWindow,
  },
  phase('the window is about to pause', {
    ...{ hasSet: true, hasWindow: true },
    holds: { on: 'GET restApi topology', skip: 1 },
  }),
  phase('the pause is on its way', {
    ...{ hasSet: true, hasWindow: true, standsAgainstResume: true },
    holds: { on: 'POST zeebe pause' },
  }),
  phase('the answer to the pause is on its way', {
    ...{ isCore: true, hasSet: true, hasWindow: true, isPaused: true },
    holds: { on: 'POST zeebe pause', when: 'after' },
  }),
  phase('the first part is captured', {
    ...{ isCore: true, hasSet: true, hasWindow: true, isPaused: true },
    holds: { on: 'GET zeebe status', skip: 2 },
  }),
  phase('one part is complete and the next not triggered', {
    ...{ isCore: true, hasSet: true, hasWindow: true, isPaused: true },
    holds: { on: 'GET webapps status' },
  }),
  phase('the last part is captured', {
    ...{ hasSet: true, hasWindow: true, isPaused: true },
    holds: { on: 'PUT searchEngine snapshot', when: 'after' },
  }),
  phase('the resume is on its way', {
    ...{ hasSet: true, hasWindow: true, isPaused: true, standsAgainstResume: true, isResuming: true },
    holds: { on: 'POST zeebe resume' },
  }),
  phase('the resume is refused', {
    ...{
      isCore: true,
      hasSet: true,
      hasWindow: true,
      isPaused: true,
      standsAgainstResume: true,
      isResuming: true,
    },
    holds: { on: 'POST zeebe resume', answer: { status: 500 } },
    enough: 3,
  }),
  { ...phase('the database is still dumped', { hasSet: true, needsDatabase: true }), hold: inTheDump },
  phase('the set is verified', { hasSet: true, holds: { on: SEALING } }),
];

function phase(at: string, options: Partial<Phase> & { holds?: WireFault; enough?: number }): Phase {
  const { holds, enough = 1, ...facts } = options;
  const cluster = at.replaceAll(' ', '-');
  const hold = holds === undefined ? inTheDump : heldAt(holds, enough);
  const defaults = {
    ...{ isPaused: false, standsAgainstResume: false, isAlone: false },
    ...{ isResuming: false, isCore: false, needsDatabase: false, hasSet: false, hasWindow: false },
  };
  return { ...defaults, at, cluster, hold, ...facts };
}

/** The request of the fault, and each one like it, waits until it is let go. */
function heldAt(fault: WireFault, enough: number): Phase['hold'] {
  return ({ simulator }) => {
    const gate = Promise.withResolvers<undefined>();
    const handle = simulator.faults.add({ ...fault, ...(fault.answer ? {} : { hold: gate.promise }) });
    return {
      reached: () => handle.hits() >= enough,
      letGo() {
        handle.remove();
        gate.resolve(undefined);
      },
    };
  };
}

function inTheDump(cluster: ClusterUnderTest): Hold {
  const held = inDump(cluster);
  return {
    // The window has closed meanwhile: the dump is all that is left.
    reached: () =>
      held.reached() &&
      cluster.simulator.requests.some(
        ({ path, method }) => method === 'POST' && path.includes('/exporting/resume'),
      ) &&
      cluster.phases().every((each) => each === 'EXPORTING'),
    letGo: held.undo,
  };
}

/** Temporal is slow: it knows that preflight is done, and the worker does not know that it may open the window. */
function betweenSetAndWindow(_: ClusterUnderTest, { temporal }: Installation): Hold {
  let isSlow = false;
  return {
    async reached(run) {
      if (!isSlow) temporal.proxy.suffer({ delayMs: SLOW_TEMPORAL_MS });
      isSlow = true;
      const { events = [] } = await run.fetchHistory();
      return events?.some((event) => event.activityTaskCompletedEventAttributes != null) ?? false;
    },
    letGo: () => {
      temporal.proxy.heal();
    },
  };
}
