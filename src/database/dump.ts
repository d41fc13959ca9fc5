import { pipeline } from 'node:stream/promises';
import type { DatabaseConfig } from '../config/schema.ts';
import type { StoredArtifact } from '../contract/backup.ts';
import { SafepointError } from '../contract/errors.ts';
import { ageEncryption } from '../storage/age.ts';
import { putEverywhere, type Placement } from '../storage/fanOut.ts';
import { createMeter, type Meter } from '../storage/meter.ts';
import type { ObjectStore } from '../storage/port.ts';
import { startCompression } from '../storage/zstd.ts';
import { startCommand, type CommandEnd, type RunningCommand } from '../system/command.ts';
import { pgCommand } from './pgCommand.ts';
import { createTrailerWatch } from './trailer.ts';

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

export type DumpProgress = { rawSizeBytes: number; sizeBytes: number };

export type DumpResult = Pick<
  StoredArtifact,
  'sizeBytes' | 'rawSizeBytes' | 'sha256' | 'rawSha256' | 'encryption'
> &
  Placement;

/**
 * Streams `pg_dumpall` through zstd, and age where there are recipients, into all stores at once, with constant memory and
 * nothing on the local disk. The object appears only after both programs have ended with exit code 0 and the trailer of a
 * whole dump was seen. Fails with `DumpFailed`, with `AccessDenied` when the server refuses the password, with what the stores
 * fail with when none has taken it, and with the reason of the signal; the object does not exist then, and no child process
 * is left.
 */
export async function dumpDatabase(request: DumpRequest): Promise<DumpResult> {
  const { database, stores, key, level = 3, recipients, stallMs, signal, onProgress } = request;
  signal?.throwIfAborted();
  const encryption = recipients === undefined ? undefined : await ageEncryption(recipients);
  const dump = startCommand(pgCommand(database, 'pg_dumpall', ['--quote-all-identifiers']));
  const compression = startCompression(level);
  const trailer = createTrailerWatch();
  const raw = createMeter({
    onChunk: (chunk) => {
      trailer.add(chunk);
    },
  });
  const compressed = createMeter();
  const stored = createMeter({
    onChunk: () => onProgress?.({ rawSizeBytes: raw.sizeBytes, sizeBytes: stored.sizeBytes }),
    beforeEnd: async () => {
      await Promise.allSettled([feeding]);
      requireGoodEnd(database, dump, await dump.ended, await compression.ended, trailer.seen());
    },
  });
  dump.stdin.end();
  const feeding = pipeline(dump.stdout, raw.stream, compression.input);
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
      rawSizeBytes: raw.sizeBytes,
      rawSha256: raw.sha256(),
      ...(recipients !== undefined && {
        encryption: { type: 'age', recipients: [...recipients], ...sizeOf(compressed) },
      }),
      ...placement,
    };
  } finally {
    await Promise.all([dump.stop(), compression.stop()]);
  }
}

function sizeOf(meter: Meter): { sizeBytes: number; sha256: string } {
  return { sizeBytes: meter.sizeBytes, sha256: meter.sha256() };
}

function requireGoodEnd(
  { host, port, user }: DatabaseConfig,
  { said }: RunningCommand,
  dump: CommandEnd,
  compression: CommandEnd,
  trailerSeen: boolean,
): void {
  const server = `${host}:${port}`;
  // A compressor that died takes pg_dumpall with it, not the other way round.
  if (!compression.ok)
    throw new SafepointError('DumpFailed', `dump of ${server}: zstd ended with ${compression.reason}`);
  if (!dump.ok) {
    const refused = said('password authentication failed');
    const code = refused ? 'AccessDenied' : 'DumpFailed';
    throw new SafepointError(code, `dump of ${server} as ${user}: pg_dumpall ended with ${dump.reason}`);
  }
  if (!trailerSeen) {
    throw new SafepointError(
      'DumpFailed',
      `dump of ${server}: the trailer of pg_dumpall is missing, so it was cut off`,
    );
  }
}
