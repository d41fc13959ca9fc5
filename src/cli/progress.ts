import { createLogUpdate } from 'log-update';
import { renderChanges, renderProgress, renderStill } from './render/progress.ts';
import type { RunView } from './runView.ts';

/** Where the progress of a run is shown. */
export interface Progress {
  show(view: RunView): void;
  /** One sentence that stays. */
  say(text: string): void;
  /** Leaves what is shown as it is. */
  end(): void;
}

/** Many CI systems end a job that prints nothing for ten minutes. */
const STILL_MS = 60_000;

/**
 * A terminal gets one table that is drawn anew, anything else one line for each change, without escape codes, and what is at
 * work when a minute went by without one.
 */
export function createProgress(stream: NodeJS.WriteStream, readClock = Date.now): Progress {
  return stream.isTTY ? createLiveProgress(stream) : createPlainProgress(stream, readClock);
}

function createLiveProgress(stream: NodeJS.WriteStream): Progress {
  const draw = createLogUpdate(stream);
  return {
    show(view) {
      draw(renderProgress(view, Date.now()));
    },
    say(text) {
      draw.persist(text);
    },
    end: () => {
      draw.done();
    },
  };
}

function createPlainProgress(stream: NodeJS.WriteStream, readClock: () => number): Progress {
  const shown = new Map<string, string>();
  let wroteMs = readClock();
  return {
    show(view) {
      const nowMs = readClock();
      const changes = renderChanges(view, shown);
      const isStill = changes.length === 0 && nowMs - wroteMs >= STILL_MS;
      if (changes.length > 0 || isStill) wroteMs = nowMs;
      for (const line of isStill ? renderStill(view, nowMs) : changes) stream.write(`${line}\n`);
    },
    say(text) {
      stream.write(`${text}\n`);
    },
    end: () => undefined,
  };
}
