import { lagsOf } from './detection.ts';
import { mebibytes, spread, seconds } from './numbers.ts';
import { withPlace, type Place } from './place.ts';
import { cpuMsOf, memoryOf } from './processes.ts';
import { readRun, startBackup } from './runs.ts';
import type { Row } from './table.ts';

const count = 200;
const partMs = 10_000;

/** Backups of many clusters at the same moment on one worker. All simulators live in this process, which costs CPU too. */
export function measureCrowd(): Promise<Row[]> {
  const options = { simulator: { partMs, flushDelayMs: 500 }, clusters: count };
  return withPlace(options, async ({ client, clusters, startWorker }) => {
    const worker = await startWorker();
    const cpuBeforeMs = cpuMsOf(worker.pid);
    const ownBefore = process.cpuUsage();
    const beganMs = performance.now();
    const handles = await Promise.all(
      clusters.map(async ({ name }) => ({ name, handle: await startBackup(client, { cluster: name }) })),
    );
    const ended = await Promise.allSettled(handles.map(({ handle }) => handle.result()));
    const tookMs = performance.now() - beganMs;
    const cpuMs = cpuMsOf(worker.pid) - cpuBeforeMs;
    const own = process.cpuUsage(ownBefore);
    const { peakRssBytes } = memoryOf(worker.pid);

    const done = handles.filter((_, index) => ended[index]?.status === 'fulfilled');
    const runs = [];
    for (const { name, handle } of done) runs.push({ name, run: await readRun(client, handle, name) });
    const complete = runs.filter(({ run }) => run.verdict === 'complete').length;
    const lags = runs.flatMap(({ name, run }) => lagsOf(run, simulatorOf(clusters, name), partMs));
    const share = (ms: number) => `${seconds(ms)}, ${((100 * ms) / tookMs).toFixed(0)} % of a core`;
    return [
      {
        what: `${count} backups at once, five parts of ${partMs / 1000} s each, \`sequential\`: complete`,
        value: String(complete),
        mark: { text: `all ${count}`, held: complete === count },
      },
      { what: 'from the first start to the last end', value: seconds(tookMs) },
      { what: 'CPU of the worker', value: share(cpuMs) },
      { what: 'CPU of the process with all simulators', value: share((own.user + own.system) / 1000) },
      { what: 'most RSS of the worker', value: mebibytes(peakRssBytes) },
      { what: 'a part is complete until its activity ends, p50 / p95 / most', value: spread(lags) },
      {
        what: 'a window, p50 / p95 / most',
        value: spread(runs.map(({ run }) => run.windowMs)),
      },
      {
        what: 'an activity waits for one of the 100 slots of the worker, p50 / p95 / most',
        value: spread(runs.flatMap(({ run }) => run.queuedMs)),
      },
    ];
  });
}

function simulatorOf(clusters: Place['clusters'], name: string) {
  const cluster = clusters.find((it) => it.name === name);
  if (cluster === undefined) throw new Error(`there is no cluster ${name}`);
  return cluster.simulator;
}
