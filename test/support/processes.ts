import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Command lines of live processes that have the folder in their arguments or work in it, as the worker does. */
export function processesUsing(folder: string): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return `${commandLine}${readlinkSync(`/proc/${pid}/cwd`)}`.includes(folder) ? [commandLine] : [];
      } catch {
        return []; // it ended meanwhile, or is another user's
      }
    });
}
