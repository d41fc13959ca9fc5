import { pages } from './pages.ts';

/** A line of a `sh` block that begins with a command of ours, of npm or of Temporal; comments are cut off. */
export type CommandLine = { file: string; line: string };

const COMMAND = /^(npx safepoint|safepoint|npm|temporal) /;

/** Every such line of every page, each line of the same page once, in the order in which people read them. */
export const commandLines: CommandLine[] = pages
  .flatMap(({ file, text }) =>
    [...text.matchAll(/^ *```sh\n([^]*?)^ *```$/gm)]
      .flatMap(([, block = '']) => block.split('\n'))
      .map((line) => ({ file, line: line.trim().replace(/\s+# .*$/, '') })),
  )
  .filter(({ line }) => COMMAND.test(line));
