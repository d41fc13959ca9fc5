import type { DrillPlan } from '../contract/drill.ts';
import type { RestorePlan, RestoreProof } from '../contract/restore.ts';
import { formatSeconds, formatSize } from './statusTable.ts';

/** How many names a person reads before the list is cut. */
const SHOWN = 200;

/**
 * The plan as Markdown, for the Temporal UI and the terminal: what happens, in which order, and what was seen. `notes`: what
 * the state means for who reads it.
 */
export function renderPlan(plan: RestorePlan, state: string, notes: readonly string[] = []): string {
  const { backupId, cluster, target, digest } = plan;
  const title = `**Restore of ${cluster} #${backupId} into ${target}: ${state}**`;
  return [title, ...notes, `Plan \`${digest}\``, ...renderDeeds(plan), ...renderDoubts(plan)].join('\n\n');
}

/** How a drill stands, as Markdown for the Temporal UI. */
export function renderDrill(
  { cluster, backupId, level }: DrillPlan,
  state: string,
  proof: RestoreProof,
): string {
  const title = `**Drill of ${cluster} #${backupId}, level ${level}: ${state}**`;
  return [title, ...renderProof(proof)].join('\n\n');
}

/** What was seen in the end, or at a level of a drill. */
export function renderProof({ proven, notProven }: RestoreProof): string[] {
  const list = (facts: readonly string[]) => facts.map((fact) => `- ${fact}`).join('\n');
  return [
    ...(proven.length === 0 ? [] : [`Proven:\n\n${list(proven)}`]),
    ...(notProven.length === 0 ? [] : [`Not proven:\n\n${list(notProven)}`]),
  ];
}

/** What will be done, step by step. */
export function renderDeeds(plan: RestorePlan): string[] {
  const { indices, snapshots, databases, hooks } = plan;
  const does = (hook: string) => hooks.find((each) => each.hook === hook)?.does ?? 'not configured';
  const steps = [
    `stop Camunda: ${does('stop')}`,
    `delete ${indices.length} indices`,
    `restore ${snapshots.length} snapshots: ${cut(snapshots.map(({ name }) => name))}`,
    `restore Zeebe: ${does('zeebeRestore')}`,
    ...databases.map(
      ({ database, source: { artifact }, target }) =>
        `restore database ${database} from ${artifact.name} (${formatSize(artifact.sizeBytes)}) into ${target}`,
    ),
    `start Camunda: ${does('start')}`,
    'prove that it is as it was',
  ];
  return [
    `Set ${plan.backupId} of ${plan.takenAt}, ${plan.verdict}, Camunda ${plan.camundaVersion}`,
    steps.map((step, at) => `${at + 1}. ${step}`).join('\n'),
    `Indices to delete: ${indices.length === 0 ? 'none' : cut(indices)}`,
    plan.lastTookMs === null
      ? 'Never restored before'
      : `The last restore took ${formatSeconds(plan.lastTookMs)}`,
  ];
}

function renderDoubts({ findings, unfinished }: RestorePlan): string[] {
  const doubts = findings
    .filter(({ ok }) => !ok)
    .map(({ check, seen, fix = '' }) => `**${check}**: ${seen}; ${fix}`);
  return unfinished === null
    ? doubts
    : [
        `An earlier restore has not ended: set ${unfinished.backupId}, begun ${unfinished.startedAt}, stood at "${unfinished.step}"`,
        ...doubts,
      ];
}

function cut(names: readonly string[]): string {
  const more = names.length - SHOWN;
  return more <= 0 ? names.join(', ') : `${names.slice(0, SHOWN).join(', ')} and ${more} more`;
}
