import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProcess, waitUntilReady } from '../../sandbox/stack/process.ts';

const SOURCE = path.join(import.meta.dirname, '../../src');
const READY_MS = 60_000;
const SETTLE_MS = 300; // connections of the pollers come a moment after the worker says that it runs
const STOP_MS = 45_000; // longer than the worker's own `shutdownForceTime`

export type Footprint = { handles: number; memoryMb: number };
export type LogLine = { level: number; msg: string } & Record<string, unknown>;

/** `safepoint worker` as a process of its own. */
export interface WorkerProcess {
  readonly name: string;
  readonly pid: number;
  /** From its start until it asked for work, in milliseconds. */
  readonly startMs: number;
  /** Open files and resident memory when it was ready and idle. */
  readonly idle: Footprint;
  isRunning(): boolean;
  footprint(): Footprint;
  /** kill -9, with all that it started. */
  kill(): Promise<void>;
  /** Any signal, such as SIGSTOP and SIGCONT, to it and all that it started. */
  signal(signal: NodeJS.Signals): Promise<void>;
  /** SIGTERM, as an operator or a rollout sends it; returns when the process is gone. */
  stop(): Promise<void>;
  /** Its JSON log lines so far. */
  log(): LogLine[];
}

export async function startWorkerProcess(
  name: string,
  options: { dataDir: string; env: Record<string, string>; source?: string },
): Promise<WorkerProcess> {
  const startedMs = performance.now();
  const logFile = path.join(options.dataDir, 'logs', `${name}.log`);
  const running = await startProcess({
    name,
    command: process.execPath,
    args: [path.join(options.source ?? SOURCE, 'client.ts'), 'worker'],
    env: options.env,
    logFile,
    stopTimeoutMs: STOP_MS,
  });
  const { pid } = running;
  const log = () => readLog(logFile);
  await waitUntilReady(running, READY_MS, () =>
    Promise.resolve(log().some((line) => line.state === 'RUNNING') || undefined),
  );
  const startMs = Math.round(performance.now() - startedMs);
  await sleep(SETTLE_MS);
  return {
    name,
    pid,
    startMs,
    idle: footprintOf(pid),
    isRunning: () => running.isRunning(),
    footprint: () => footprintOf(pid),
    kill: () => running.kill('SIGKILL'),
    signal: (signal) => running.kill(signal),
    stop: () => running.stop(),
    log,
  };
}

function footprintOf(pid: number): Footprint {
  const [, kilobytes = 'NaN'] =
    /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return {
    handles: readdirSync(`/proc/${pid}/fd`).length,
    memoryMb: Math.round(Number(kilobytes) / 1024),
  };
}

/** Lines that are no JSON are warnings of Node itself; the last one may be half written. */
function readLog(file: string): LogLine[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return line.startsWith('{') ? [JSON.parse(line) as LogLine] : [];
      } catch {
        return [];
      }
    });
}
