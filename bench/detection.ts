import type { Simulator } from '../sandbox/simulator/startSimulator.ts';
import { seconds, spread } from './numbers.ts';
import { withPlace } from './place.ts';
import { takeBackup, type Run } from './runs.ts';
import type { Row } from './table.ts';

const cases = [
  { partMs: 3_000, runs: 3 },
  { partMs: 20_000, runs: 1 },
];

/** How long after a part was complete its activity ends. */
export async function measureDetection(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { partMs, runs } of cases) {
    const lags = await withPlace({ simulator: { partMs, flushDelayMs: 100 } }, async (place) => {
      await place.startWorker();
      const [cluster] = place.clusters;
      if (cluster === undefined) throw new Error('there is no cluster');
      const measured: number[] = [];
      for (let run = 0; run < runs; run += 1) {
        const taken = await takeBackup(place.client, { cluster: cluster.name, procedure: 'parallel' });
        measured.push(...lagsOf(taken, cluster.simulator, partMs));
      }
      return measured;
    });
    const promisedMs = 250 + partMs / 100; // see `pollIntervalMs`
    rows.push({
      what: `a part of ${partMs / 1000} s is complete until its activity ends, ${lags.length} parts, p50 / p95 / most`,
      value: spread(lags),
      mark: { text: `at most ${seconds(promisedMs)} (250 ms + 1 %)`, held: Math.max(...lags) <= promisedMs },
    });
  }
  return rows;
}

/** For each part of the newest run, from the moment when it was complete in the simulator. */
export function lagsOf(run: Run, { requests }: Simulator, partMs: number): number[] {
  return run.parts.map(({ part, endedAtMs }) => {
    const [component, method, path] =
      part === 'zeebe-records' ? ['searchEngine', 'PUT', '/_snapshot/'] : [part, 'POST', '/actuator/backups'];
    const trigger = requests.findLast(
      (it) => it.component === component && it.method === method && it.path.startsWith(path),
    );
    if (trigger === undefined) throw new Error(`nobody has triggered the part ${part}`);
    return endedAtMs - (Date.parse(trigger.at) + partMs);
  });
}
