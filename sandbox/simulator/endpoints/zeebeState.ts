import type { Route } from '../http/route.ts';
import type { World } from '../world/world.ts';
import { nanoTime } from './times.ts';

/** `GET backupRuntime/state` in the shape of 8.9, with numbers as ranges; it remembers ids of deleted backups. */
export function zeebeStateRoute(world: World, path: string): Route {
  return {
    method: 'GET',
    path,
    component: 'zeebe',
    endpoint: 'state',
    handle: () => ({ status: 200, json: view(world) }),
  };
}

function view({ zeebe, engine }: World) {
  const checkpointId = zeebe.latestId();
  const newest = zeebe.all().at(-1);
  const states = (newest?.pieces ?? []).map((piece) => ({
    partitionId: piece.partitionId,
    checkpointId: newest?.id,
    checkpointPosition: piece.checkpointPosition,
    checkpointTimestamp: nanoTime(piece.createdAtMs),
    checkpointType: null,
  }));
  return {
    checkpointStates:
      checkpointId === 0
        ? []
        : engine.partitions.map(({ id }) => ({
            checkpointPosition: null,
            checkpointTimestamp: null,
            checkpointType: null,
            ...states.find((state) => state.partitionId === id),
            partitionId: id,
            checkpointId,
          })),
    backupStates: states,
    ranges: [],
  };
}
