import { PROCEDURE_NAMES } from '../src/contract/backup.ts';
import { median, medianAndMost } from './numbers.ts';
import { withPlace } from './place.ts';
import { takeBackup, type Run } from './runs.ts';
import type { Row } from './table.ts';

const runs = 10;
const mostMs = 1_500;

/** What a whole backup costs when Camunda takes no time: five parts, no database. Waiting for the exporter is not counted. */
export function measureOverhead(): Promise<Row[]> {
  return withPlace({ simulator: { partMs: 0, flushDelayMs: 1 } }, async ({ client, startWorker }) => {
    await startWorker();
    await takeBackup(client, { cluster: 'c1' }); // the first one also loads code
    const rows: Row[] = [];
    for (const procedure of PROCEDURE_NAMES) {
      const taken: Run[] = [];
      for (let run = 0; run < runs; run += 1)
        taken.push(await takeBackup(client, { cluster: 'c1', procedure }));
      rows.push(...describe(procedure, taken));
    }
    return rows;
  });
}

function describe(procedure: string, taken: Run[]): Row[] {
  const settlingMs = taken.map(settlingOf);
  const overheadMs = taken.map((run) => run.wholeMs - settlingOf(run));
  return [
    {
      what: `\`${procedure}\`: start to close, ${runs} runs`,
      value: medianAndMost(taken.map(({ wholeMs }) => wholeMs)),
    },
    {
      what: `\`${procedure}\`: of that, waiting until the exporter is quiet`,
      value: medianAndMost(settlingMs),
    },
    {
      what: `\`${procedure}\`: overhead, which is the rest`,
      value: medianAndMost(overheadMs),
      mark: { text: 'median under 1.5 s', held: median(overheadMs) < mostMs },
    },
  ];
}

/** Parts that wait side by side wait for the same thing, and the later ones not at all. */
export function settlingOf({ parts }: Run): number {
  return Math.max(...parts.map(({ settlingMs }) => settlingMs));
}
