import { SafepointError } from '../contract/errors.ts';
import { EXPORTER_PHASES } from '../contract/exporting.ts';
import type { HandResume } from '../contract/sentinel.ts';
import { closeOldPauses, lookAtPause, type PauseDeps, type PauseState } from './abandonedPause.ts';
import { provePhase, resumeAndProve } from './proveExporting.ts';

/**
 * Resumes exporting because a person says so, outside any workflow. Without `force` only where nobody else answers for the
 * pause: a dead set of ours left it, or an open window tries to resume in vain. Fails with `ClusterBusy`, `ForeignPause`
 * (then nothing was touched) or `ResumeNotProven`.
 */
export async function resumeByHand(deps: PauseDeps, cluster: string, force: boolean): Promise<HandResume> {
  const look = await lookAtPause(deps, cluster);
  if (look.kind === 'exporting') return await proveRunning(deps, cluster);
  if (!force) refuseOthers(look, cluster);
  const { readings } = await resumeAndProve(deps.camunda, cluster);
  return { cluster, outcome: 'resumed', seen: describe(look), readings };
}

/** Nothing is paused; whether everything exports is another question. */
async function proveRunning(deps: PauseDeps, cluster: string): Promise<HandResume> {
  const { partitionCount } = await deps.camunda.readTopology();
  const { readings, missing } = await provePhase(deps.camunda, EXPORTER_PHASES.running, partitionCount);
  if (missing !== null)
    throw new SafepointError(
      'ResumeNotProven',
      `nothing is paused on ${cluster}, but not all of it exports: ${missing}`,
    );
  await closeOldPauses(deps, cluster, 'command');
  return {
    cluster,
    outcome: 'exporting',
    seen: 'exporting runs on every partition; there was nothing to resume',
    readings,
  };
}

function refuseOthers(look: PauseState, cluster: string): void {
  if (look.kind === 'window' && look.window.resumeProblem === null) {
    throw new SafepointError(
      'ClusterBusy',
      `${look.window.seen}; its pause is wanted: cancel that run, or give --force, which spoils its backup`,
    );
  }
  if (look.kind === 'in-flight') {
    throw new SafepointError(
      'ClusterBusy',
      `${look.seen}; the run ${look.pause.run.workflowId} of set ${look.pause.backupId} lives and resumes itself; --force does it now`,
    );
  }
  if (look.kind === 'unknown-run' || look.kind === 'foreign' || look.kind === 'unread') {
    throw new SafepointError(
      'ForeignPause',
      `${describe(look)}; if no other backup of ${cluster} runs anywhere, give --force`,
    );
  }
}

/** Who paused, as far as anybody knows. */
function describe(look: PauseState): string {
  switch (look.kind) {
    case 'exporting':
      return 'nothing was paused';
    case 'window':
      return look.window.seen;
    case 'in-flight':
    case 'abandoned':
      return `${look.seen}, by set ${look.pause.backupId}`;
    case 'unknown-run':
      return `${look.seen}, perhaps by set ${look.pause.backupId}, but Temporal does not know its run ${look.pause.run.workflowId}`;
    case 'unread':
      return `${look.seen}, by whom cannot be told: ${look.problem}`;
    case 'foreign':
      return `${look.seen}, and no set of Safepoint left that pause`;
  }
}
