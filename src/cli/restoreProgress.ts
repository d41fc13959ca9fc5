import { setTimeout as delay } from 'node:timers/promises';
import type { RestoreResult, RestoreStatus, RestoreWindowStatus } from '../contract/restore.ts';
import type { RunRef } from '../system/runs.ts';
import type { BackupRuns } from './backupRuns.ts';
import { printable } from './render/printable.ts';
import { showSpan } from './render/table.ts';

const POLL_MS = 500;
/** What a step says of itself may change each second. */
const NOTE = 'note';
const NOTE_MS = 10_000;

type Say = (key: string, text: string) => void;

type Following = {
  stream: NodeJS.WriteStream;
  /** Aborted when the person at the terminal has seen enough; the run goes on. */
  signal: AbortSignal;
};

/**
 * One line for each step that changes, and for what a step says of itself, until the restore ends. `null` when interrupted. Fails
 * with what the restore failed with.
 */
export async function followRestore(
  runs: BackupRuns,
  run: RunRef,
  { stream, signal }: Following,
): Promise<RestoreResult | null> {
  stream.write(`approved; Ctrl-C stops watching, not the restore ${run.workflowId}\n`);
  const result = runs.resultOf<RestoreResult>(run);
  const ended = result.then(
    () => 'ended' as const,
    () => 'ended' as const,
  );
  const shown = new Map<string, string>();
  let notedMs = 0;
  const say: Say = (key, text) => {
    if (shown.get(key) === text) return;
    if (key === NOTE && Date.now() - notedMs < NOTE_MS) return;
    if (key === NOTE) notedMs = Date.now();
    shown.set(key, text);
    stream.write(printable(`${new Date().toISOString()} ${text}\n`));
  };
  for (;;) {
    await showOnce(runs, run, say).catch(() => undefined); // the next look may find a worker again
    const tick = delay(POLL_MS, 'tick' as const, { signal }).catch(() => 'interrupted' as const);
    const next = await Promise.race([ended, tick]);
    if (next === 'interrupted') return null;
    if (next === 'ended') {
      await showOnce(runs, run, say).catch(() => undefined);
      return await result;
    }
  }
}

async function showOnce(runs: BackupRuns, run: RunRef, say: Say): Promise<void> {
  const { window } = await runs.queryStatus<RestoreStatus>(run);
  if (window === null) return;
  const { lines } = await runs.queryStatus<RestoreWindowStatus>(window);
  for (const { name, state, tookMs, problem } of lines) {
    if (state === 'waiting') continue;
    const facts = [showSpan(tookMs), problem ?? ''].filter((fact) => fact !== '').join(', ');
    say(name, `${name} ${state}${facts === '' ? '' : `: ${facts}`}`);
  }
  for (const { text } of await runs.readNotes(window)) say(NOTE, text);
}
