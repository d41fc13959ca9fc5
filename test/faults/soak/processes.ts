import { setTimeout as sleep } from 'node:timers/promises';
import type { Installation } from '../installation.ts';
import { until } from '../until.ts';
import type { WorkerProcess } from '../workerProcess.ts';

/** A stretch in which nobody could do anything for a run; of `performance.now()`. */
export type Outage = { what: string; fromMs: number; toMs: number };

/** The worker and Temporal as a whole: all lanes share them, so one thing happens to them at a time. */
export interface Processes {
  killWorker(downMs: number): Promise<Outage>;
  replaceWorker(): Promise<Outage>;
  freezeWorker(forMs: number): Promise<Outage>;
  killTemporal(downMs: number): Promise<Outage>;
  /** Something of the installation that all lanes share is away meanwhile. */
  during<T>(what: string, work: () => Promise<T>): Promise<T>;
  /** All of them so far; one that lasts ends at Infinity. */
  outages(): Outage[];
  worker(): WorkerProcess;
  /** How often a worker ended that nobody had killed. */
  deaths(): string[];
  started(): number;
  /** Ends the watch over the worker, once it is done with what it is at. */
  release(): Promise<void>;
}

const WATCH_MS = 200;
const START_MS = 120_000;

export async function createProcesses(installation: Installation): Promise<Processes> {
  const outages: Outage[] = [];
  const deaths: string[] = [];
  let worker = await installation.startWorker();
  let queue: Promise<unknown> = Promise.resolve();
  let isReleased = false;
  let started = 1;

  /** One after the other. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = queue.then(work);
    queue = turn.catch(() => undefined);
    return turn;
  }

  async function record(what: string, work: () => Promise<unknown>): Promise<Outage> {
    const outage = { what, fromMs: performance.now(), toMs: Infinity };
    outages.push(outage);
    try {
      await work();
    } finally {
      outage.toMs = performance.now();
    }
    return outage;
  }

  /** As whatever supervises it would: it cannot start while Temporal is out of reach. */
  async function startWorker(): Promise<void> {
    worker = await until('a worker starts', () => installation.startWorker(), START_MS);
    started += 1;
  }

  const watch = setInterval(() => {
    void inTurn(async () => {
      if (isReleased || worker.isRunning()) return;
      deaths.push(`${worker.name} ended by itself: ${JSON.stringify(worker.log().slice(-5))}`);
      await record('worker died', startWorker);
    });
  }, WATCH_MS);

  return {
    killWorker: (downMs) =>
      inTurn(() =>
        record('worker killed', async () => {
          await worker.kill();
          await sleep(downMs);
          await startWorker();
        }),
      ),
    replaceWorker: () =>
      inTurn(async () => {
        const first = worker;
        await startWorker();
        return await record('worker replaced', () => first.stop()); // what it has taken, it may still hold
      }),
    freezeWorker: (forMs) =>
      inTurn(() =>
        record('worker frozen', async () => {
          await worker.signal('SIGSTOP');
          await sleep(forMs);
          await worker.signal('SIGCONT');
        }),
      ),
    killTemporal: (downMs) =>
      inTurn(() =>
        record('temporal killed', async () => {
          await installation.temporal.kill();
          await sleep(downMs);
          await installation.temporal.start();
        }),
      ),
    async during(what, work) {
      let done: unknown;
      await record(what, async () => {
        done = await work();
      });
      return done as Awaited<ReturnType<typeof work>>;
    },
    outages: () => outages,
    worker: () => worker,
    deaths: () => deaths,
    started: () => started,
    async release() {
      isReleased = true;
      clearInterval(watch);
      await inTurn(() => Promise.resolve());
    },
  };
}
