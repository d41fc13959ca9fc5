import { setTimeout as sleep } from 'node:timers/promises';
import { tsToMs } from '@temporalio/common/lib/time.js';
import { mebibytes, median, medianAndMost } from './numbers.ts';
import { withPlace, type Place } from './place.ts';
import { memoryOf } from './processes.ts';
import { startBackup } from './runs.ts';
import type { Row } from './table.ts';

const starts = 5;
const idleMs = 5_000;
const mostMs = 2_000;

/** From the start of the process until its first workflow task is done, and the memory that it has when it is idle. */
export function measureWorkerStart(): Promise<Row[]> {
  return withPlace({ simulator: { partMs: 0, flushDelayMs: 1 } }, async (place) => {
    const prebuilt = await startSeveral(place, {});
    const source = await startSeveral(place, { SAFEPOINT_WORKFLOW_BUNDLE: '' });
    const tookMs = prebuilt.map((start) => start.tookMs);
    const rss = (of: Start[]) => mebibytes(median(of.map(({ rssBytes }) => rssBytes)));
    return [
      {
        what: `process to first workflow task done, prebuilt bundle, ${starts} starts`,
        value: medianAndMost(tookMs),
        mark: { text: 'median under 2 s', held: median(tookMs) < mostMs },
      },
      { what: 'the same from source', value: medianAndMost(source.map((start) => start.tookMs)) },
      { what: `RSS, idle for ${idleMs / 1000} s, prebuilt bundle`, value: rss(prebuilt) },
      { what: 'the same from source', value: rss(source) },
    ];
  });
}

type Start = { tookMs: number; rssBytes: number };

async function startSeveral(place: Place, env: Record<string, string>): Promise<Start[]> {
  const measured: Start[] = [];
  for (let start = 0; start < starts; start += 1) measured.push(await startOnce(place, env));
  return measured;
}

/** The first task is that of a backup of a cluster that is not in the config, which fails at once. */
async function startOnce({ client, startWorker }: Place, env: Record<string, string>): Promise<Start> {
  const waiting = await startBackup(client, { cluster: 'nobody' });
  const startedAtMs = Date.now();
  const worker = await startWorker(env);
  await waiting.result().catch(() => undefined);
  const { events } = await waiting.fetchHistory();
  const done = events?.find((event) => event.workflowTaskCompletedEventAttributes);
  if (done === undefined) throw new Error('the worker has done no workflow task');
  await sleep(idleMs);
  const { rssBytes } = memoryOf(worker.pid);
  await worker.stop();
  return { tookMs: tsToMs(done.eventTime) - startedAtMs, rssBytes };
}
