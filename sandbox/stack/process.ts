import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { findOnPath } from './findOnPath.ts';
import { poll } from './poll.ts';

export type ProcessSpec = {
  /** Shown in errors. */
  name: string;
  command: string;
  args: string[];
  /** stdout and stderr are appended to it. */
  logFile: string;
  cwd?: string;
  /** Added to this process' own environment. */
  env?: Record<string, string>;
  /** Runs under this user, for programs that refuse root. */
  user?: { uid: number; gid: number };
  /** What `stop` sends first. Default SIGTERM. */
  stopSignal?: NodeJS.Signals;
  /** How long `stop` waits before it sends SIGKILL. Default 15 000. */
  stopTimeoutMs?: number;
};

/** A server process in its own process group. */
export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  isRunning(): boolean;
  /** Sends the signal to the process and all its descendants; resolves when a fatal one has ended it. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Asks it to end and waits; SIGKILL after `stopTimeoutMs`. Does nothing when it has ended already. */
  stop(): Promise<void>;
}

const defaultStopTimeoutMs = 15_000;
const survivable = new Set<NodeJS.Signals>(['SIGSTOP', 'SIGCONT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2']);
const groups = new Set<number>();
let hooked = false;

/** Starts a server process that never outlives this one. Its readiness is the caller's matter: see `waitUntilReady`. */
export async function startProcess(spec: ProcessSpec): Promise<RunningProcess> {
  killGroupsOnExit();
  mkdirSync(path.dirname(spec.logFile), { recursive: true });
  const log = openSync(spec.logFile, 'a');
  const [command, args] = boundToParent(spec.command, spec.args);
  const child = spawn(command, args, {
    stdio: ['ignore', log, log],
    detached: true, // its own group: Ctrl-C reaches only us, and one signal reaches all it spawned
    ...(spec.cwd !== undefined && { cwd: spec.cwd }),
    ...(spec.user !== undefined && spec.user),
    env: { ...process.env, ...spec.env },
  });
  closeSync(log);
  const pid = await spawned(spec.name, child);
  groups.add(pid);
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      // What the process left behind in its group goes with it.
      signalGroup(pid, 'SIGKILL');
      groups.delete(pid);
      resolve();
    });
  });
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  return {
    name: spec.name,
    pid,
    logFile: spec.logFile,
    isRunning,
    async kill(signal = 'SIGKILL') {
      if (!isRunning()) return;
      signalGroup(pid, signal);
      if (!survivable.has(signal)) await exited;
    },
    async stop() {
      if (!isRunning()) return;
      process.kill(pid, spec.stopSignal ?? 'SIGTERM');
      signalGroup(pid, 'SIGCONT'); // a frozen process would not see the first signal
      const deadline = setTimeout(() => {
        signalGroup(pid, 'SIGKILL');
      }, spec.stopTimeoutMs ?? defaultStopTimeoutMs);
      await exited;
      clearTimeout(deadline);
    },
  };
}

/**
 * Polls `check` until it gives a value. A process that ends meanwhile, or is not ready in time, is stopped, and the error
 * shows the end of its log. An error thrown by `check` counts as not ready.
 */
export async function waitUntilReady<T>(
  running: RunningProcess,
  timeoutMs: number,
  check: () => Promise<T | undefined>,
): Promise<T> {
  try {
    return await poll(`${running.name} to become ready`, timeoutMs, async () => {
      if (!running.isRunning()) throw new Error(`${running.name} ended while it was starting`);
      return check().catch(() => undefined);
    });
  } catch (error) {
    await running.kill('SIGKILL');
    throw new Error(`${String(error)}\nEnd of ${running.logFile}:\n${await logTail(running.logFile)}`, {
      cause: error,
    });
  }
}

/** The last lines of a log, for error texts. */
export async function logTail(logFile: string): Promise<string> {
  const text = await readFile(logFile, 'utf8');
  return text.trimEnd().split('\n').slice(-25).join('\n');
}

/**
 * Where util-linux is there, the kernel itself ends the child with us, even when we are killed with SIGKILL.
 * Elsewhere the hooks of `killGroupsOnExit` have to do.
 */
function boundToParent(command: string, args: string[]): [string, string[]] {
  const setpriv = findOnPath('setpriv');
  if (setpriv === undefined) return [command, args];
  return [setpriv, ['--pdeathsig', 'KILL', '--', command, ...args]];
}

function spawned(name: string, child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('spawn', () => {
      resolve(child.pid ?? 0);
    });
    child.once('error', (error) => {
      reject(new Error(`${name} could not be started: ${error.message}`, { cause: error }));
    });
  });
}

function killGroupsOnExit(): void {
  if (hooked) return;
  hooked = true;
  process.on('exit', killGroups);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const onSignal = () => {
      // A program with its own handler stops its stack itself; the exit hook still catches what it forgets.
      if (process.listenerCount(signal) > 1) return;
      killGroups();
      process.removeListener(signal, onSignal);
      process.kill(process.pid, signal);
    };
    process.prependListener(signal, onSignal); // first, as a handler added with `once` is no longer counted after its own turn
  }
}

function killGroups(): void {
  for (const pid of groups) signalGroup(pid, 'SIGKILL');
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already.
  }
}
