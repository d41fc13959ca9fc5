import type { IndexBackups } from '../world/indexBackups.ts';
import type { Snapshot } from '../world/snapshots.ts';
import type { World } from '../world/world.ts';
import { zonedTime } from './times.ts';

export type IndexBackupView = {
  backupId: number;
  state: string;
  failureReason: string | null;
  details: { snapshotName: string; state: string; startTime: string; failures: string[] | null }[];
};

const incompleteAfterMs = 300_000; // from 8.8, since the end of the last snapshot

/**
 * A backup as the component tells it from its snapshots; undefined when there are none. `isAsked`: a GET of this id, which
 * sees the 404 at the start and the INCOMPLETE between two snapshots once each, for as long as they can be true.
 */
export function viewIndexBackup(
  world: World,
  backups: IndexBackups,
  id: number,
  { isAsked = false } = {},
): IndexBackupView | undefined {
  const snapshots = backups.snapshots(id);
  const chain = backups.chain(id);
  const { settings, timeline } = world;
  const isFresh =
    isAsked &&
    settings.transients &&
    chain !== undefined &&
    timeline.nowMs() - chain.triggeredAtMs < settings.partMs;
  if (chain && isAsked) chain.asked += 1;
  if (snapshots.length === 0 || (isFresh && chain.asked === 1)) return undefined;

  const done = snapshots.filter((it) => it.state === 'SUCCESS');
  const showsGap =
    isFresh &&
    backups.part !== 'webapps' &&
    !chain.toldIncomplete &&
    done.length > 0 &&
    done.length < backups.pieceCount;
  if (showsGap) chain.toldIncomplete = true;
  const shown = showsGap ? done : snapshots;
  const judged = showsGap
    ? { state: 'INCOMPLETE', failureReason: null }
    : judge(world, backups, id, snapshots);
  const word = world.faults.strike(
    'stateWord',
    (it) => it.part === backups.part && (it.insteadOf ?? 'COMPLETED') === judged.state,
  );
  return {
    backupId: id,
    state: word?.word ?? judged.state,
    failureReason: judged.failureReason,
    details: shown.map((it) => ({
      snapshotName: it.name,
      state: it.state,
      startTime: zonedTime(it.startedAtMs),
      failures: it.failures.length > 0 ? it.failures : backups.part === 'tasklist' ? [] : null,
    })),
  };
}

function judge(
  { timeline }: World,
  backups: IndexBackups,
  id: number,
  snapshots: Snapshot[],
): { state: string; failureReason: string | null } {
  const { part, pieceCount } = backups;
  const chain = backups.chain(id);
  const isAny = (state: Snapshot['state']) => snapshots.some((it) => it.state === state);
  const toldState = chain?.toldState;
  const isRunning = isAny('IN_PROGRESS');
  const isOver =
    !isRunning && snapshots.length >= pieceCount - 1 && timeline.nowMs() >= (chain?.endsAtMs ?? 0);
  if (toldState !== undefined && isOver) return { state: toldState, failureReason: null };
  if (snapshots.length > pieceCount)
    return { state: 'FAILED', failureReason: 'More snapshots found than expected.' };
  if (isAny('FAILED') || isAny('PARTIAL')) {
    const names = snapshots
      .filter((it) => it.state !== 'SUCCESS' && it.state !== 'IN_PROGRESS')
      .map((it) => it.name);
    return {
      state: 'FAILED',
      failureReason: `There were failures with the following snapshots: ${names.join(', ')}`,
    };
  }
  if (isRunning) return { state: 'IN_PROGRESS', failureReason: null };
  if (snapshots.length === pieceCount) return { state: 'COMPLETED', failureReason: null };
  const lastEndMs = Math.max(...snapshots.map((it) => it.endedAtMs ?? 0));
  const isGivenUp = part !== 'webapps' || timeline.nowMs() - lastEndMs > incompleteAfterMs;
  return { state: isGivenUp ? 'INCOMPLETE' : 'IN_PROGRESS', failureReason: null };
}
