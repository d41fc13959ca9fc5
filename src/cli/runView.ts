import type { BackupStatus, StatusLine, WindowStatus } from '../contract/status.ts';
import type { StepNote } from './backupRuns.ts';

/** What is known of a run at one moment, from both workflows and their pending activities. */
export type RunView = { status: BackupStatus; window: WindowStatus | null; notes: StepNote[] };

/** A line as people see it; lines of the window stand one step in. */
export type ViewLine = StatusLine & { inWindow: boolean; note?: string };

/** The lines of the window follow the line `window` of the run. A note goes to the line that it names. */
export function linesOf({ status, window, notes }: RunView): ViewLine[] {
  const outer = status.lines.map((line) => ({ ...line, inWindow: false }));
  const inner = (window?.lines ?? []).map((line) => ({ ...line, inWindow: true }));
  const at = outer.findIndex((line) => line.name === 'window') + 1;
  const lines = [...outer.slice(0, at), ...inner, ...outer.slice(at)];
  return lines.map((line) => {
    const note =
      line.state === 'running' ? notes.find(({ text }) => text.startsWith(`${line.name}: `)) : undefined;
    return note === undefined ? line : { ...line, note: note.text.slice(line.name.length + 2) };
  });
}

/** Notes that belong to no line, such as why preflight is tried again. */
export function looseNotes(view: RunView): string[] {
  const names = linesOf(view).map((line) => line.name);
  return view.notes
    .map(({ text }) => text)
    .filter((text) => !names.some((name) => text.startsWith(`${name}: `)));
}
