import path from 'node:path';
import { execa } from 'execa';
import { startProcess, type RunningProcess } from '../stack/process.ts';

const entry = path.join(import.meta.dirname, '..', '..', 'src', 'client.ts');

/** Starts `safepoint worker` as a process of its own, as an operator would. */
export function startWorker(dataDir: string, env: Record<string, string>): Promise<RunningProcess> {
  return startProcess({
    name: 'safepoint worker',
    command: process.execPath,
    args: [entry, 'worker'],
    env,
    logFile: path.join(dataDir, 'logs', 'worker.log'),
  });
}

/** Runs `safepoint run` in this terminal and returns its exit code. */
export async function runBackup(
  args: string[],
  env: Record<string, string>,
  signal: AbortSignal,
): Promise<number> {
  const ended = await execa(process.execPath, [entry, 'run', 'demo', '--wait', ...args], {
    env,
    stdio: 'inherit',
    reject: false,
    cancelSignal: signal,
  });
  return ended.exitCode ?? 1;
}
