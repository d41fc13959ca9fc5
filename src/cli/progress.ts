import { createLogUpdate } from 'log-update';
import { renderChanges, renderProgress } from './render/progress.ts';
import type { RunView } from './runView.ts';

/** Where the progress of a run is shown. */
export interface Progress {
  show(view: RunView): void;
  /** One sentence that stays. */
  say(text: string): void;
  /** Leaves what is shown as it is. */
  end(): void;
}

/** A terminal gets one table that is drawn anew, anything else one line for each change, without escape codes. */
export function createProgress(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? createLiveProgress(stream) : createPlainProgress(stream);
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

function createPlainProgress(stream: NodeJS.WriteStream): Progress {
  const shown = new Map<string, string>();
  return {
    show(view) {
      for (const line of renderChanges(view, shown)) stream.write(`${line}\n`);
    },
    say(text) {
      stream.write(`${text}\n`);
    },
    end: () => undefined,
  };
}
