import { pipeline } from 'node:stream/promises';
import type { DatabaseConfig } from '../config/schema.ts';
import type { DumpedArtifact } from '../contract/backup.ts';
import { SafepointError } from '../contract/errors.ts';
import { ageEncryption } from '../storage/age.ts';
import { putEverywhere, type Placement } from '../storage/fanOut.ts';
import { createMeter, type Meter } from '../storage/meter.ts';
import type { ObjectStore } from '../storage/port.ts';
import { startCompression, type Converter } from '../storage/zstd.ts';
import { startCommand, type RunningCommand } from '../system/command.ts';
import { endsWithWorker } from './endsWithWorker.ts';
import { withLargeWrites } from './largeWrites.ts';
import { pgCommand } from './pgCommand.ts';
import { startRawMeter, type RawFacts, type RawMeter } from './rawMeter.ts';

export type DumpRequest = {
  database: DatabaseConfig;
  /** All of them get it, and at least one must take it. */
  stores: readonly ObjectStore[];
  key: string;
  level?: number; // of zstd, default 3
  /** Public keys of age; default: not encrypted. */
  recipients?: readonly string[];
  /** How long a store may hold the others back. */
  stallMs?: number;
  signal?: AbortSignal;
  /** Called for every chunk that goes to the stores. */
  onProgress?: (progress: DumpProgress) => void;
};

export type DumpProgress = { sizeBytes: number };

export type DumpResult = Pick<
  DumpedArtifact,
  'sizeBytes' | 'rawSizeBytes' | 'sha256' | 'rawSha256' | 'encryption'
> &
  Placement;

/**
 * Streams `pg_dumpall` through zstd, and age where there are recipients, into all stores at once, with constant memory and
 * nothing on the local disk. The object appears only after both programs have ended with exit code 0, and where it is encrypted
 * after the trailer of a whole dump was seen: nobody may be able to read it back. The content of one that is not encrypted is
 * seen when it is read back, because each process that all of it must pass costs about a fifth of the speed. Fails with
 * `DumpFailed`, with `AccessDenied` when the server refuses the password, with what the stores fail with when none has taken it,
 * and with the reason of the signal; the object does not exist then, and no child process is left.
 */
export async function dumpDatabase(request: DumpRequest): Promise<DumpResult> {
  const { database, stores, key, level = 3, recipients, stallMs, signal, onProgress } = request;
  signal?.throwIfAborted();
  const encryption = recipients === undefined ? undefined : await ageEncryption(recipients);
  const program = await withLargeWrites(pgCommand(database, 'pg_dumpall', ['--quote-all-identifiers']));
  const compression = startCompression(level);
  const raw = encryption === undefined ? undefined : startRawMeter(compression.program);
  const reader = raw?.command ?? compression.program;
  const dump = startCommand(endsWithWorker(program), reader);
  const compressed = createMeter();
  const stored = createMeter({
    onChunk: () => onProgress?.({ sizeBytes: stored.sizeBytes }),
    beforeEnd: async () => {
      await requireGoodEnd(database, dump, raw, compression);
    },
  });
  const last = raw?.command ?? dump;
  const feeding =
    compression.program === undefined ? pipeline(last.stdout, compression.input) : Promise.resolve();
  const draining =
    encryption === undefined
      ? pipeline(compression.output, stored.stream)
      : pipeline(compression.output, compressed.stream, encryption, stored.stream);
  // What they fail with reaches the stores through the last stream. Nobody else may wait for them: a pipeline never settles
  // whose source is destroyed when all of it was read, but not all passed on.
  for (const flow of [feeding, draining]) flow.catch(() => undefined);
  try {
    const placement = await putEverywhere(stores, key, stored.stream, { signal, stallMs });
    return {
      ...sizeOf(stored),
      ...(raw !== undefined && factsOf(await raw.facts())),
      ...(recipients !== undefined && {
        encryption: { type: 'age', recipients: [...recipients], ...sizeOf(compressed) },
      }),
      ...placement,
    };
  } finally {
    await Promise.all([dump.stop(), raw?.command.stop(), compression.stop()]);
  }
}

function factsOf({ sizeBytes, sha256 }: RawFacts): { rawSizeBytes: number; rawSha256: string } {
  return { rawSizeBytes: sizeBytes, rawSha256: sha256 };
}

function sizeOf(meter: Meter): { sizeBytes: number; sha256: string } {
  return { sizeBytes: meter.sizeBytes, sha256: meter.sha256() };
}

async function requireGoodEnd(
  { host, port, user }: DatabaseConfig,
  dump: RunningCommand,
  raw: RawMeter | undefined,
  compression: Converter,
): Promise<void> {
  const server = `${host}:${port}`;
  const fail = (what: string) => new SafepointError('DumpFailed', `dump of ${server}: ${what}`);
  // Who reads takes down who writes, not the other way round.
  for (const [name, program] of [
    ['zstd', compression],
    ['the meter', raw?.command],
  ] as const) {
    const end = await program?.ended;
    if (end?.ok === false) throw fail(`${name} ended with ${end.reason}`);
  }
  const end = await dump.ended;
  if (!end.ok) {
    const refused = dump.said('password authentication failed');
    const code = refused ? 'AccessDenied' : 'DumpFailed';
    throw new SafepointError(code, `dump of ${server} as ${user}: pg_dumpall ended with ${end.reason}`);
  }
  if ((await raw?.facts())?.whole === false)
    throw fail('the trailer of pg_dumpall is missing, so it was cut off');
}
