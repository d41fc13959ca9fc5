import { setTimeout as delay } from 'node:timers/promises';
import type { BackupResult } from '../contract/backup.ts';
import { TASK_QUEUE } from '../contract/names.ts';
import type { BackupStatus, WindowStatus } from '../contract/status.ts';
import type { RunRef } from '../system/runs.ts';
import type { BackupRuns } from './backupRuns.ts';
import { EXIT } from './exitCodes.ts';
import { CommandError } from './failure.ts';
import type { Progress } from './progress.ts';
import type { RunView } from './runView.ts';

export const NO_WORKER = `no worker answers on task queue ${TASK_QUEUE}; start one with \`safepoint worker\``;

const NO_TEMPORAL = 'Temporal does not answer; trying again';

const NEVER_ANSWERED = {
  code: 'WorkerUnreachable',
  message: `${NO_WORKER}; the run begins when one comes`,
  operatorAction: 'Start a worker, or cancel the run.',
  exitCode: EXIT.unreachable,
};

export type WatchOptions = {
  /** Aborted when the person at the terminal has seen enough; the run goes on. */
  signal: AbortSignal;
  intervalMs?: number;
  /** Give up when no worker was ever there for so long. A worker that was there may come back any time. */
  noWorkerMs?: number;
};

/** Shows the run until it ends. Fails with what the run failed with, or with the reason of `signal`. */
export async function watchRun(
  runs: BackupRuns,
  run: RunRef,
  progress: Progress,
  { signal, intervalMs = 400, noWorkerMs = 60_000 }: WatchOptions,
): Promise<BackupResult> {
  const startedMs = Date.now();
  const reader = createViewReader(runs, run);
  const result = runs.result(run);
  const ended = result.then(
    () => 'ended' as const,
    () => 'ended' as const,
  );
  const stopped = aborted(signal);
  stopped.catch(() => undefined); // also when the run ends first
  let answered = false;
  let silence: string | null = null;

  for (;;) {
    const view = await Promise.race([reader.read(), ended, stopped]);
    if (view === 'ended') break;
    if (typeof view !== 'string') {
      answered = true;
      silence = null;
      progress.show(view);
    } else if (view !== silence) {
      silence = view;
      progress.say(view);
    }
    if (!answered && Date.now() - startedMs > noWorkerMs) throw new CommandError(NEVER_ANSWERED);
    const next = await Promise.race([delay(intervalMs), ended, stopped]);
    if (next === 'ended') break;
  }
  if (answered) await showEnd(reader, progress);
  return await result;
}

/** The run as it is now; `null` when no worker answers. */
export async function readView(runs: BackupRuns, run: RunRef): Promise<RunView | null> {
  const view = await createViewReader(runs, run).read();
  return typeof view === 'string' ? null : view;
}

/** The last changes often come with the end itself. */
async function showEnd(reader: ViewReader, progress: Progress): Promise<void> {
  const view = await Promise.race([reader.read(), delay(2_000, NO_WORKER)]);
  if (typeof view !== 'string') progress.show(view);
}

type ViewReader = { read(): Promise<RunView | string> };

/**
 * Reads one sentence instead when nobody answers. The window is kept as last seen: it closes before the run does. That of a
 * set that was given up is forgotten when the next set begins.
 */
function createViewReader(runs: BackupRuns, run: RunRef): ViewReader {
  let window: WindowStatus | null = null;
  return {
    async read() {
      const status = await runs.readStatus(run).catch(() => null);
      if (status === null) return await whoIsSilent(runs, run);
      const open = status.window;
      window = ofSet(window, status);
      if (open !== null && window?.exporting !== 'resumed')
        window = ofSet(await runs.readWindow(open).catch(() => window), status);
      const of = open === null ? [run] : [run, open];
      const notes = await Promise.all(of.map((ref) => runs.readNotes(ref).catch(() => [])));
      return { status, window, notes: notes.flat() };
    },
  };
}

function ofSet(window: WindowStatus | null, { backupId }: BackupStatus): WindowStatus | null {
  return window?.backupId === backupId ? window : null;
}

/** The server answers for the run without any worker. */
async function whoIsSilent(runs: BackupRuns, run: RunRef): Promise<string> {
  return await runs.readNotes(run).then(
    () => NO_WORKER,
    () => NO_TEMPORAL,
  );
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
