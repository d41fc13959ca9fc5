import type { Readable, Transform, Writable } from 'node:stream';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { startCommand, type CommandEnd, type RunningCommand } from '../system/command.ts';
import { findProgram } from '../system/findProgram.ts';

/** A converter between two streams: bytes go into `input` and come out of `output`. */
export interface Converter {
  readonly input: Writable;
  readonly output: Readable;
  /** The program that does it, whose input another one may write to directly; absent when it happens in this process. */
  readonly program?: RunningCommand;
  /** Known once `output` has ended. Nothing that came out counts unless it is ok. */
  readonly ended: Promise<CommandEnd>;
  stop(): Promise<void>;
}

/**
 * Compresses with the program `zstd` on all cores; where it is not on PATH, with one thread of this process, which takes about
 * twice as long on two cores. The threads of Node's own zstd (`ZSTD_c_nbWorkers`) are not used: Node 24 crashes with them.
 */
export function startCompression(level: number): Converter {
  const program = findProgram('zstd');
  if (program !== undefined) return command(program, ['-T0', `-${level}`, '-q', '-c']);
  return inProcess(createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: level } }));
}

/** The way back, with the same choice. Bytes that are damaged, cut off or follow the end are an error. */
export function startDecompression(): Converter {
  const program = findProgram('zstd');
  if (program !== undefined) return command(program, ['-d', '-q', '-c']);
  return inProcess(createZstdDecompress());
}

function command(program: string, args: string[]): Converter {
  const running = startCommand({ file: program, args });
  return {
    input: running.stdin,
    output: running.stdout,
    program: running,
    ended: running.ended,
    stop: () => running.stop(),
  };
}

function inProcess(stream: Transform): Converter {
  const ended = new Promise<CommandEnd>((resolve) => {
    stream.once('end', () => {
      resolve({ ok: true, reason: 'ended' });
    });
    stream.once('error', (error) => {
      resolve({ ok: false, reason: error.message });
    });
    stream.once('close', () => {
      resolve({ ok: false, reason: 'stopped' });
    });
  });
  return {
    input: stream,
    output: stream,
    ended,
    stop() {
      stream.destroy();
      return Promise.resolve();
    },
  };
}
