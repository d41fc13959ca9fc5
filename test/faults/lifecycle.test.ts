import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectNothingLeft } from './expectNothingLeft.ts';
import { isFull } from './extent.ts';
import { startInstallation, type Installation } from './installation.ts';
import { acts, type ActName } from './lifecycle/acts.ts';
import { breakRuns, type Broken } from './lifecycle/brokenRuns.ts';
import { leavesPause, outcomes } from './lifecycle/expected.ts';
import { startParentWorker, type ParentWorker } from './lifecycle/parentWorker.ts';
import { phases, type Phase } from './lifecycle/phases.ts';

const RESUMED_MS = 5_000;
const EVERY_PHASE: ActName[] = ['cancelled'];
const CORE_PHASES: ActName[] = [
  ...(['terminated', 'reset', 'windowTerminated', 'windowCancelled', 'bothTerminated'] as const),
  ...(['parentTerminatedCancels', 'parentCancelled', 'parentLeavesCancels'] as const),
  ...(['parentLeavesTerminates', 'parentTerminatedAbandons'] as const),
];

/** Phases in which the act is done: those in which there is a window, where it is done to that. */
function phasesOf(name: ActName): Phase[] {
  const { hitsWindow, comesLate } = acts[name];
  const possible = phases.filter(
    ({ hasWindow, isAlone }) => (hasWindow || !hitsWindow) && !(isAlone && comesLate),
  );
  return isFull || EVERY_PHASE.includes(name) ? possible : possible.filter((phase) => phase.isCore);
}

let installation: Installation;
let parents: ParentWorker;
beforeAll(async () => {
  const shapes = phases.map(({ cluster, needsDatabase }) => [cluster, { database: needsDatabase }] as const);
  installation = await startInstallation({ clusters: Object.fromEntries(shapes) });
  parents = await startParentWorker(installation);
  await installation.startWorker();
}, 120_000);
afterAll(async () => {
  await parents.stop();
  await installation.stop();
}, 60_000);

const names = isFull ? (Object.keys(outcomes) as ActName[]) : [...EVERY_PHASE, ...CORE_PHASES];

describe.each(names.map((name) => ({ name, ...acts[name] })))('faults/lifecycle: $what', ({ name }) => {
  const chosen = phasesOf(name);
  let broken: Map<Phase, Broken>;
  beforeAll(async () => {
    broken = await breakRuns(installation, parents, acts[name], chosen);
  }, 300_000);

  it.each(chosen)(
    'while $at: exporting runs within 5 s or the next run resumes it, ends and sets are right, the next run completes',
    async (phase) => {
      const seen = broken.get(phase);

      const { window, ...outcome } = outcomes[name]?.(phase) ?? {};
      expect(seen).toMatchObject({
        ...outcome,
        ...(phase.hasWindow && { window }),
        next: 'COMPLETED complete',
      });
      expect(seen?.wasPaused).toEqual([phase.isPaused, phase.isPaused]);
      if (leavesPause(name, phase)) expect(seen?.resumedMs).toBe(Infinity);
      else expect(seen?.resumedMs).toBeLessThan(RESUMED_MS);
      await expectNothingLeft(installation, { cluster: phase.cluster, triggers: 1 + (seen?.triggers ?? 0) });
    },
  );
});
