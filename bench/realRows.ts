import type { ProcedureName } from '../src/contract/backup.ts';
import { median, seconds, sum } from './numbers.ts';
import { settlingOf } from './overhead.ts';
import type { ScriptRun } from './pageScript.ts';
import type { PartTimes, Run } from './runs.ts';
import type { Row } from './table.ts';

const leastGain = 1.4;

type Yardstick = { of: string; lengthMs: (run: Run) => number; most?: number };

/**
 * What the window of a procedure is held against. Parts of one wave run side by side, on 8.6 Operate and Tasklist also in
 * `sequential`, so only the slowest of a wave counts. Its mark names no settling, so it is shown both ways.
 */
const yardsticks: Record<ProcedureName, Yardstick[]> = {
  sequential: [
    { of: 'the sum of its parts (the slower one of Operate and Tasklist)', lengthMs: sumOfWaves, most: 1.05 },
    { of: 'the same and the settling', lengthMs: sumOfWavesAndSettling },
  ],
  parallel: [{ of: 'its slowest part and the settling', lengthMs: sumOfWavesAndSettling, most: 1.1 }],
  'history-first': [{ of: 'its two waves', lengthMs: sumOfWaves, most: 1.1 }],
};

/** Times and ratios; of several runs the median, ratios taken run by run. */
export function describeComparison(
  scripts: ScriptRun[],
  runs: { procedure: ProcedureName; run: Run }[],
): Row[] {
  const rows = describeTimes('script', scripts);
  for (const procedure of Object.keys(yardsticks) as ProcedureName[]) {
    const own = runs.flatMap((it) => (it.procedure === procedure ? [it.run] : []));
    rows.push(...describeTimes(`\`${procedure}\``, own));
    rows.push({ what: `\`${procedure}\`: settling`, value: seconds(median(own.map(settlingOf))) });
    for (const { of, lengthMs, most } of yardsticks[procedure]) {
      const ratio = median(own.map((run) => run.windowMs / lengthMs(run)));
      rows.push({
        what: `\`${procedure}\`: window to ${of}`,
        value: ratio.toFixed(2),
        ...(most !== undefined && { mark: { text: `at most ${most}`, held: ratio <= most } }),
      });
    }
    rows.push(...describeGain(procedure, scripts, own));
  }
  return rows;
}

function describeTimes(who: string, runs: ScriptRun[]): Row[] {
  const names = runs[0]?.parts.map(({ part }) => part) ?? [];
  const times = names.map((name) => {
    const tookMs = runs.flatMap(({ parts }) => parts.filter(({ part }) => part === name));
    return `${name} ${seconds(median(tookMs.map((it) => it.tookMs)))}`;
  });
  return [
    { what: `${who}: whole`, value: seconds(median(runs.map(({ wholeMs }) => wholeMs))) },
    { what: `${who}: window`, value: seconds(median(runs.map(({ windowMs }) => windowMs))) },
    { what: `${who}: parts`, value: times.join(', ') },
  ];
}

function describeGain(procedure: string, scripts: ScriptRun[], own: Run[]): Row[] {
  return (['wholeMs', 'windowMs'] as const).map((span) => {
    const gain = median(scripts.map((run) => run[span])) / median(own.map((run) => run[span]));
    const name = span === 'wholeMs' ? 'whole' : 'window';
    return {
      what: `script to \`${procedure}\`: ${name}`,
      value: gain.toFixed(2),
      mark: { text: `at least ${leastGain}`, held: gain >= leastGain },
    };
  });
}

function sumOfWaves(run: Run): number {
  return sumOfSlowest(run, ({ tookMs }) => tookMs);
}

function sumOfWavesAndSettling(run: Run): number {
  return sumOfSlowest(run, ({ tookMs, settlingMs }) => tookMs + settlingMs);
}

function sumOfSlowest({ waves, parts }: Run, lengthMs: (part: PartTimes) => number): number {
  return sum(
    waves.map((wave) =>
      Math.max(...parts.flatMap((part) => (wave.includes(part.part) ? [lengthMs(part)] : []))),
    ),
  );
}
