import type { RestoreEngine, RestoringShard } from '../../camunda/restorePort.ts';
import { SafepointError } from '../../contract/errors.ts';
import { formatSeconds, formatSize } from '../../domain/statusTable.ts';
import { pause, stopwatch } from '../../system/waiting.ts';
import { judgeShards, type RestoreTarget } from './judgeShards.ts';

const POLL_MS = 500;

type Waiting = {
  label: string;
  target: RestoreTarget;
  start: (indices: string[]) => Promise<void>;
  stallMs: number;
  report: (details: { progress: string }) => void;
  signal: AbortSignal;
};

/** Starts what is not there, and resolves to the shards when all are as in the snapshot. Fails with `IndexInTheWay`, `RestoreIncomplete`. */
export async function awaitSnapshot(
  engine: RestoreEngine,
  { label, target, start, stallMs, report, signal }: Waiting,
): Promise<RestoringShard[]> {
  const indices = [...new Set(target.expected.map(({ index }) => index))];
  const own = new Set<string>();
  let mark = '';
  let stillMs = stopwatch();
  for (;;) {
    const seen = await engine.readRestoringShards(indices, { signal });
    const judgement = judgeShards(target, seen, own);
    if (judgement.kind === 'failed') throw new SafepointError(judgement.code, judgement.message);
    if (judgement.kind === 'restored') return seen;

    const progress = `${label}: ${describe(target, seen)}`;
    report({ progress });
    if (judgement.kind === 'start' && (await startUnlessThere(() => start(judgement.indices))))
      for (const index of judgement.indices) own.add(index);

    const newest = `${seen.length} ${progress}`;
    if (newest !== mark) stillMs = stopwatch();
    mark = newest;
    if (stillMs() > stallMs) throw stalled(progress, seen, stillMs());
    await pause(POLL_MS, signal);
  }
}

/**
 * Whether it was started by this request. An attempt before may have sent the same one, which lands only now: then the next look
 * tells whose the indices are.
 */
async function startUnlessThere(start: () => Promise<void>): Promise<boolean> {
  try {
    await start();
    return true;
  } catch (error) {
    if (error instanceof SafepointError && error.code === 'IndexInTheWay') return false;
    throw error;
  }
}

function describe({ expected }: RestoreTarget, seen: RestoringShard[]): string {
  const started = seen.filter((shard) => shard.started).length;
  const recoveredBytes = seen.reduce((sum, shard) => sum + shard.recoveredBytes, 0);
  const ofBytes = expected.reduce((sum, shard) => sum + shard.sizeBytes, 0);
  return `${started} of ${expected.length} shards started, ${formatSize(recoveredBytes)} of ${formatSize(ofBytes)}`;
}

function stalled(progress: string, seen: RestoringShard[], stillMs: number): SafepointError {
  const waiting = seen.find(({ waitsFor }) => waitsFor !== null);
  const why =
    waiting === undefined ? '' : ` (shard ${waiting.shard} of ${waiting.index}: ${waiting.waitsFor})`;
  const next = 'look at the nodes, disks and allocation rules of the search engine';
  return new SafepointError(
    'RestoreIncomplete',
    `${progress}, and no progress for ${formatSeconds(stillMs)}${why}; ${next}`,
  );
}
