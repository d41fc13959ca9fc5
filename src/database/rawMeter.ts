import path from 'node:path';
import { startCommand, type RunningCommand } from '../system/command.ts';
import { createTrailerWatch } from './trailer.ts';

/** What went through, known when it has ended well. */
export type RawFacts = { sizeBytes: number; sha256: string; whole: boolean };

/** What the program says in the end, as JSON; the tail in base64. */
export type RawMeterLine = { sizeBytes: number; sha256: string; tail: string };

export type RawMeter = {
  command: RunningCommand;
  facts: () => Promise<RawFacts>;
};

const program = path.join(import.meta.dirname, 'rawMeterProgram.ts');

/**
 * A process that passes a dump on, with its size, digest and whether it ends in its trailer. Not in this one: a dump is several
 * times as large as what is stored of it, and comes row by row, which kept the event loop and the garbage collector busy.
 */
export function startRawMeter(into: RunningCommand | undefined): RawMeter {
  const command = startCommand({ file: process.execPath, args: [program] }, into);
  return {
    command,
    async facts() {
      await command.ended;
      const { sizeBytes, sha256, tail } = JSON.parse(command.lastLine()) as RawMeterLine;
      const trailer = createTrailerWatch();
      trailer.add(Buffer.from(tail, 'base64'));
      return { sizeBytes, sha256, whole: trailer.seen() };
    },
  };
}
