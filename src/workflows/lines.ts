import type { StatusLine } from '../contract/status.ts';
import { toFailure } from './failures.ts';

/** The status lines of a run, kept up to date by following its steps. */
export type Lines = {
  all(): StatusLine[];
  onChange(listener: () => void): void;
  changed(): void;
  /** Says what is wrong with a step that is still at work. */
  warn(name: string, problem: string): void;
  /** Every line waits again, for another attempt. */
  restart(): void;
  /** Runs the step and shows its line as running, then complete with its time, or failed with the reason. */
  follow: <T extends object>(name: string, step: () => Promise<T>) => Promise<T>;
};

export function createLines(names: readonly string[]): Lines {
  const lines = new Map<string, StatusLine>(names.map((name) => [name, { name, state: 'waiting' }]));
  let listener = (): void => undefined;

  function set(line: StatusLine): void {
    lines.set(line.name, line);
    listener();
  }

  return {
    all: () => [...lines.values()],
    onChange(newListener) {
      listener = newListener;
      listener();
    },
    changed() {
      listener();
    },
    warn(name, problem) {
      const line = lines.get(name);
      if (line?.state === 'running') set({ ...line, problem });
    },
    restart() {
      for (const name of lines.keys()) lines.set(name, { name, state: 'waiting' });
      listener();
    },
    async follow(name, step) {
      const startedMs = Date.now();
      set({ name, state: 'running', since: new Date(startedMs).toISOString() });
      const ended = () => ({ since: new Date().toISOString(), tookMs: Date.now() - startedMs });
      try {
        const result = await step();
        const size =
          'sizeBytes' in result && typeof result.sizeBytes === 'number'
            ? { sizeBytes: result.sizeBytes }
            : {};
        set({ name, state: 'complete', ...ended(), ...size });
        return result;
      } catch (error) {
        set({ name, state: 'failed', ...ended(), problem: toFailure(error).message });
        throw error;
      }
    },
  };
}
