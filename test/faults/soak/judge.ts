import type { SimulatedPart } from '../../../sandbox/simulator/options.ts';
import { startsOver } from '../../../src/contract/errors.ts';
import { isErrorCode } from '../../../src/workflows/failures.ts';
import type { RunEnd } from '../runs.ts';
import type { Chaos } from './chaos.ts';
import type { Injected } from './inject.ts';
import type { RunRecord } from './oneRun.ts';
import type { Outage } from './processes.ts';
import { timeToResume } from './resumeTime.ts';

export type Judgement = {
  index: number;
  /** Of the run itself: `complete`, `partial`, `cancelled`, `terminated`, `failed CODE` or `stuck`. */
  outcome: string;
  /** Parts that were triggered more often than sets were begun. */
  doubled: string[];
  /** Backups that would lose or invent records, or that are not there. */
  damaged: string[];
  /** Anything else that must hold and does not, each as a sentence. */
  broken: string[];
  /** See `timeToResume`; only where somebody ended a workflow of the run. */
  resumeMs?: number;
};

const ATTEMPTS = 2;
const LOSING_STATES = ['partFails', 'partStays', 'partNeverAppears', 'pieceNotWhole', 'pieceMissing'];

/** What one run came to, from what was seen of it and of the processes that all runs share. */
export function judge(record: RunRecord, outages: readonly Outage[]): Judgement {
  const { plan, ends, sets, triggers, stuck } = record;
  const struck = record.injected.filter(({ fromMs }) => fromMs !== null);
  const outcome = stuck === undefined && ends[0] !== undefined ? nameOf(ends[0]) : 'stuck';
  const broken: string[] = [];
  if (record.notExporting.length > 0) broken.push(`exporting is ${record.notExporting.join(', ')}`);
  if (record.isWindowOpen) broken.push('the window is open');
  if (sets.length > ATTEMPTS * Math.max(1, ends.length)) broken.push(`${sets.length} sets were begun`);
  for (const end of ends)
    if (!isExcused(nameOf(end), struck))
      broken.push(`nothing explains ${nameOf(end)}: ${end.message ?? end.result?.reasons.join('; ')}`);
  broken.push(...storeLies(record));
  const resume = timeToResume(record, outages);
  if (resume !== undefined && resume.tookMs > resume.promiseMs)
    broken.push(`exporting ran again after ${resume.tookMs} ms, ${resume.promiseMs} ms are promised`);
  return {
    index: plan.index,
    outcome,
    broken,
    damaged: sets.flatMap((set) => damageIn(set)),
    doubled: (Object.entries(triggers) as [SimulatedPart, number][])
      .filter(([, count]) => count > sets.length)
      .map(([part, count]) => `${part} was triggered ${count} times for ${sets.length} sets`),
    ...(resume !== undefined && { resumeMs: resume.tookMs }),
  };
}

export function isClean({ outcome, doubled, damaged, broken }: Judgement): boolean {
  return outcome !== 'stuck' && doubled.length + damaged.length + broken.length === 0;
}

function nameOf({ status, result, code }: RunEnd): string {
  if (status === 'COMPLETED') return result?.verdict ?? 'complete';
  return status === 'FAILED' ? `failed ${code ?? ''}` : status.toLowerCase();
}

/** A fault that passes costs time; only these cost the backup. */
function isExcused(outcome: string, struck: readonly Injected[]): boolean {
  const ended = (how: RegExp, who: RegExp) =>
    struck.some(({ chaos }) => chaos.kind === 'ended' && how.test(chaos.how) && who.test(chaos.who));
  const code = outcome.replace('failed ', '');
  switch (outcome) {
    case 'complete':
    case 'partial':
      return true;
    case 'cancelled':
    case 'failed BackupCancelled':
      return ended(/cancel/, /backup|both/);
    case 'terminated':
      return ended(/terminate/, /backup|both/);
    case 'failed WindowLost':
      return ended(/./, /window|both/);
    case 'failed ClusterBusy':
    case 'failed PreflightFailed':
      return struck.some(({ chaos }) => chaos.kind === 'second run');
    default:
      return (
        isErrorCode(code) &&
        startsOver(code) &&
        struck.filter(({ chaos }) => isLosing(chaos)).length >= ATTEMPTS
      );
  }
}

/** Whether it costs a set, once. */
function isLosing(chaos: Chaos): boolean {
  if (chaos.kind === 'state') return LOSING_STATES.includes(chaos.fault.state);
  return ['leader changed', 'restarted', 'stranger resumes'].includes(chaos.kind);
}

/** What runs that ended well say, against what is in the store. */
function storeLies({ ends, sets }: RunRecord): string[] {
  return ends.flatMap(({ result }) => {
    if (result === undefined) return [];
    const state = sets.find(({ entry }) => entry.backupId === result.backupId)?.entry.state ?? 'nothing';
    return state === result.verdict
      ? []
      : [`set ${result.backupId} is ${result.verdict}, the store says ${state}`];
  });
}

function damageIn({ entry, damage }: RunRecord['sets'][number]): string[] {
  if (entry.state !== 'complete' && entry.state !== 'partial') return [];
  if (damage === 'gone') return [`set ${entry.backupId} is ${entry.state}, and Zeebe does not have it`];
  const bad = damage.filter(({ lost, orphans }) => lost > 0 || orphans > 0);
  return bad.map((each) => `set ${entry.backupId} is ${entry.state}: ${JSON.stringify(each)}`);
}
