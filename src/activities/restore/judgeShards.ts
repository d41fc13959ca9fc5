import type { RestoringShard, SnapshotShard } from '../../camunda/restorePort.ts';
import type { ErrorCode } from '../../contract/errors.ts';

export type RestoreTarget = {
  repository: string;
  snapshot: string;
  expected: SnapshotShard[]; // by the names that the indices get
};

export type RestoreJudgement =
  | { kind: 'start'; indices: string[] } // those that are not there
  | { kind: 'wait' }
  | { kind: 'restored' }
  | { kind: 'failed'; code: Extract<ErrorCode, 'IndexInTheWay' | 'RestoreIncomplete'>; message: string };

/**
 * What to do next. Only indices that are shown to come from this snapshot count, so a repeated attempt goes on where a killed one
 * was, and never takes an index of somebody else for its own. `own`: indices that this attempt has started itself, which the
 * engine takes only where no index of the name is open; it may move their shards to other nodes since.
 */
export function judgeShards(
  { repository, snapshot, expected }: RestoreTarget,
  seen: RestoringShard[],
  own: Set<string>,
): RestoreJudgement {
  const isFromHere = ({ origin }: RestoringShard) =>
    origin.kind === 'snapshot' && origin.repository === repository && origin.snapshot === snapshot;
  const ours = new Set([...own, ...seen.filter(isFromHere).map(({ index }) => index)]);
  const foreign = seen.find((it) => !isFromHere(it) && !(it.origin.kind === 'moved' && ours.has(it.index)));
  if (foreign !== undefined)
    return failed(
      'IndexInTheWay',
      `${foreign.index} exists, and ${describeOrigin(foreign)}, not from ${snapshot}`,
    );

  const there = new Set(seen.map(({ index }) => index));
  const absent = new Set(expected.map(({ index }) => index).filter((index) => !there.has(index)));
  const unstarted = [...absent].filter((index) => !own.has(index));
  if (unstarted.length > 0) return { kind: 'start', indices: unstarted };

  const lost = seen.find(({ failure }) => failure !== null);
  if (lost !== undefined)
    return failed(
      'RestoreIncomplete',
      `${nameOf(lost)} of ${snapshot} could not be restored: ${lost.failure}`,
    );
  if (absent.size > 0 || seen.some(({ started }) => !started)) return { kind: 'wait' };
  return compare(snapshot, expected, seen);
}

/** A shard that was moved since has files of its own; its neighbours and its document count speak for it. */
function compare(snapshot: string, expected: SnapshotShard[], seen: RestoringShard[]): RestoreJudgement {
  const byName = new Map(seen.map((shard) => [nameOf(shard), shard]));
  for (const wanted of expected) {
    const shard = byName.get(nameOf(wanted));
    if (shard === undefined)
      return failed('RestoreIncomplete', `${nameOf(wanted)} of ${snapshot} is missing in the restored index`);
    const isSame = shard.files === wanted.files && shard.sizeBytes === wanted.sizeBytes;
    if (shard.origin.kind === 'snapshot' && !isSame)
      return failed(
        'RestoreIncomplete',
        `${nameOf(wanted)} has ${sizeOf(shard)}, but ${sizeOf(wanted)} in ${snapshot}`,
      );
  }
  if (seen.length === expected.length) return { kind: 'restored' };
  return failed(
    'RestoreIncomplete',
    `${seen.length} shards are there, but ${expected.length} are in ${snapshot}`,
  );
}

function describeOrigin({ origin }: RestoringShard): string {
  if (origin.kind === 'snapshot')
    return `comes from snapshot ${origin.snapshot} of repository ${origin.repository}`;
  return origin.kind === 'moved' ? 'comes from another node' : `comes from elsewhere (${origin.word})`;
}

function failed(code: 'IndexInTheWay' | 'RestoreIncomplete', message: string): RestoreJudgement {
  return { kind: 'failed', code, message };
}

function nameOf({ index, shard }: { index: string; shard: number }): string {
  return `shard ${shard} of ${index}`;
}

function sizeOf({ files, sizeBytes }: { files: number; sizeBytes: number }): string {
  return `${files} files with ${sizeBytes} bytes`;
}
