import Table from 'cli-table3';
import { showSpan } from '../../../src/cli/render/table.ts';
import type { Footprint } from '../workerProcess.ts';
import { isClean, type Judgement } from './judge.ts';
import type { Injected } from './inject.ts';

export type SoakReport = {
  seed: number;
  tookMs: number;
  runs: Judgement[];
  injected: Injected[];
  /** What must not happen and belongs to no run: alarms that were false, workers that died by themselves. */
  besides: string[];
  workers: { started: number; first: Footprint; lastIdle: Footprint; last: Footprint };
};

/** Whether nothing was stuck, doubled, damaged or broken. */
export function isCleanReport({ runs, besides }: SoakReport): boolean {
  return runs.every(isClean) && besides.length === 0;
}

export function renderReport({ seed, tookMs, runs, injected, besides, workers }: SoakReport): string {
  const count = (of: (run: Judgement) => boolean) => runs.filter(of).length;
  const outcomes = new Table({ head: [`soak, seed ${seed}`, 'runs'], style: PLAIN });
  outcomes.push(['all', runs.length]);
  for (const [outcome, group] of grouped(runs, (run) => run.outcome))
    if (outcome !== 'stuck') outcomes.push([`  ${outcome}`, group.length]);
  outcomes.push(
    ['stuck', count(({ outcome }) => outcome === 'stuck')],
    ['double triggers', count(({ doubled }) => doubled.length > 0)],
    ['damaged backups', count(({ damaged }) => damaged.length > 0)],
    ['broken invariants', count(({ broken }) => broken.length > 0)],
    ['time to resume, p50 / p99 / max', renderTimes(runs)],
    ['worker at first', renderFootprint(workers.first)],
    [
      'the last worker, idle -> at the end',
      `${renderFootprint(workers.lastIdle)} -> ${renderFootprint(workers.last)}`,
    ],
    ['workers started', workers.started],
    ['took', showSpan(tookMs)],
  );
  const faults = new Table({ head: ['fault', 'planned', 'struck'], style: PLAIN });
  for (const [kind, group] of grouped(injected, ({ chaos }) => chaos.kind))
    faults.push([kind, group.length, group.filter(({ fromMs }) => fromMs !== null).length]);
  return [outcomes.toString(), faults.toString(), ...besides].join('\n');
}

const PLAIN = { head: [], border: [], compact: true };

function grouped<T>(things: readonly T[], by: (thing: T) => string): [string, T[]][] {
  const groups = Object.groupBy(things, by);
  return Object.entries(groups)
    .map(([name, group]): [string, T[]] => [name, group ?? []])
    .sort(([, left], [, right]) => right.length - left.length);
}

function renderTimes(runs: readonly Judgement[]): string {
  const times = runs
    .flatMap(({ resumeMs }) => (resumeMs === undefined ? [] : [resumeMs]))
    .sort((a, b) => a - b);
  if (times.length === 0) return 'no workflow was ended';
  const at = (share: number) => times[Math.ceil(times.length * share) - 1] ?? 0;
  return `${[0.5, 0.99, 1].map((share) => showSpan(at(share))).join(' / ')} (of ${times.length} runs)`;
}

function renderFootprint({ memoryMb, handles }: Footprint): string {
  return `${memoryMb} MB, ${handles} files`;
}
