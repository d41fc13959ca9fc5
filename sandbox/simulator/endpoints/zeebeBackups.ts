import { fieldOf, type Answer, type Route, type SimulatedRequest } from '../http/route.ts';
import type { World } from '../world/world.ts';
import type { ZeebeBackup, ZeebePiece, ZeebePieceState } from '../world/zeebeBackups.ts';
import { nanoTime, zonedTime } from './times.ts';
import { zeebeStateRoute } from './zeebeState.ts';

/** Up to 8.7 `backups`, from 8.8 `backupRuntime`; the answers differ in small things only. */
export function zeebeBackupRoutes(world: World): Route[] {
  const path = world.settings.profile === '8.6' ? '/actuator/backups' : '/actuator/backupRuntime';
  const route = (
    method: Route['method'],
    rest: string,
    endpoint: Route['endpoint'],
    handle: Route['handle'],
  ): Route => ({
    method,
    path: path + rest,
    component: 'zeebe',
    endpoint,
    handle: (request) => whyUnavailable(world, method) ?? handle(request),
  });
  return [
    route('POST', '', 'backup', (request) => start(world, request)),
    route('GET', '', 'list', () => ({ status: 200, json: list(world, '') })),
    ...(world.settings.profile === '8.6' ? [] : [zeebeStateRoute(world, `${path}/state`)]),
    route('GET', '/:id', 'status', (request) => status(world, request)),
    route('DELETE', '/:id', 'delete', (request) => {
      const id = Number(request.params['id']);
      if (!Number.isInteger(id)) return notANumber(world, request);
      world.zeebe.remove(id);
      return { status: 204 };
    }),
  ];
}

const noStore =
  'Cannot process backup requests. No backup store is configured. To use this feature, configure backup in broker configuration.';
const storeDown =
  'software.amazon.awssdk.core.exception.SdkClientException: Unable to execute HTTP request: Connection refused: /127.0.0.1:8333';

function whyUnavailable(world: World, method: string): Answer | undefined {
  if (world.faults.strike('noBackupStore')) return message(400, noStore);
  if (method === 'GET' && world.faults.strike('backupStoreDown')) return message(500, storeDown);
  return undefined;
}

function start(world: World, request: SimulatedRequest): Answer {
  const asked = fieldOf(request.body, 'backupId');
  const isGenerated = world.faults.look('generatedIds') !== undefined;
  if (isGenerated && asked !== undefined && asked !== null) {
    return message(
      400,
      'Cannot take backup with predetermined backupId when continuous backups are enabled.',
    );
  }
  const id = isGenerated ? Date.now() : Number(asked ?? 0);
  if (!Number.isInteger(id) || id <= 0) return message(400, 'A backupId must be provided and it must be > 0');
  if (world.faults.strike('scaling')) {
    return message(
      409,
      'Cannot take backup while scaling is in progress. Please retry after scaling is completed.',
    );
  }
  if (!world.engine.isReachable()) return message(502, 'Failed to send request from gateway to broker.');
  const latest = world.zeebe.latestId();
  if (id <= latest)
    return message(409, `Requested backup has id ${id}. The latest backup has id ${latest}. ${tail(world)}`);
  world.zeebe.trigger(id);
  return message(
    202,
    `A backup with id ${id} has been scheduled. Use GET actuator/backups/${id} to monitor the status.`,
  );
}

function tail(world: World): string {
  if (world.settings.profile === '8.6') return 'Id of new backups must be higher than the previous one. ';
  return 'Id of new backups must be greater than the ID of previous backups that are completed, failed, or deleted. Zeebe does not take two backups with the same ids.';
}

function status(world: World, request: SimulatedRequest): Answer {
  const asked = request.params['id'] ?? '';
  if (world.settings.profile !== '8.6' && /^\d*\*$/.test(asked)) {
    return { status: 200, json: list(world, asked.slice(0, -1)) };
  }
  const id = Number(asked);
  if (!Number.isInteger(id)) return notANumber(world, request);
  const backup = world.zeebe.find(id);
  if (backup === undefined || isYetUnseen(world, backup))
    return message(404, `Backup with id ${id} does not exist`);
  return { status: 200, json: view(world, backup) };
}

/** A healthy backup is not found at once, and for a moment it lacks a partition. Each is shown once, while it can be. */
function isYetUnseen(world: World, backup: ZeebeBackup): boolean {
  backup.asked += 1;
  return backup.asked === 1 && isFresh(world, backup);
}

function isFresh({ settings, timeline }: World, backup: ZeebeBackup): boolean {
  return settings.transients && timeline.nowMs() - backup.triggeredAtMs < settings.partMs;
}

function view(world: World, backup: ZeebeBackup) {
  const isHalfSeen = backup.asked === 2 && isFresh(world, backup) && backup.pieces.length > 1;
  const states = backup.pieces.map((piece, i): ZeebePieceState =>
    isHalfSeen && i === backup.pieces.length - 1 ? 'DOES_NOT_EXIST' : piece.state,
  );
  const state = aggregate(backup, states);
  const word = world.faults.strike(
    'stateWord',
    (it) => it.part === 'zeebe' && (it.insteadOf ?? 'COMPLETED') === state,
  );
  const reasons = backup.pieces.flatMap(({ partitionId, failureReason }) =>
    failureReason === undefined
      ? []
      : [`Backup on partition ${partitionId} failed due to ${failureReason}. `],
  );
  return {
    backupId: backup.id,
    state: word?.word ?? state,
    ...(reasons.length > 0 && { failureReason: reasons.join('') }),
    details: backup.pieces.map((piece, i) => viewPiece(world, piece, states[i] ?? piece.state)).reverse(),
  };
}

function aggregate(backup: ZeebeBackup, states: ZeebePieceState[]): string {
  if (states.includes('FAILED')) return 'FAILED';
  if (backup.toldComplete && states.filter((state) => state === 'COMPLETED').length >= states.length - 1)
    return 'COMPLETED';
  if (states.includes('DOES_NOT_EXIST')) return 'INCOMPLETE';
  return states.includes('IN_PROGRESS') ? 'IN_PROGRESS' : 'COMPLETED';
}

function viewPiece({ settings }: World, piece: ZeebePiece, state: ZeebePieceState) {
  const { partitionId, snapshotId, failureReason, checkpointPosition } = piece;
  if (state === 'DOES_NOT_EXIST') return { partitionId, state };
  const time = settings.profile === '8.6' ? zonedTime : nanoTime;
  return {
    partitionId,
    state,
    ...(failureReason !== undefined && { failureReason }),
    createdAt: time(piece.createdAtMs),
    lastUpdatedAt: time(piece.lastUpdatedAtMs),
    ...(snapshotId !== null && { snapshotId }),
    checkpointPosition,
    ...(settings.profile !== '8.6' && { brokerId: piece.brokerId }),
    brokerVersion: settings.version,
  };
}

/** Entries of the list are sparse. */
function list(world: World, prefix: string) {
  const views = world.zeebe
    .all()
    .filter((backup) => String(backup.id).startsWith(prefix))
    .map((backup) => {
      const { details, ...rest } = view(world, backup);
      return { ...rest, details: details.map(sparse) };
    });
  return world.settings.profile === '8.6' ? views : views.reverse();
}

function sparse(detail: ReturnType<typeof viewPiece>) {
  if (!('createdAt' in detail)) return detail;
  const { partitionId, state, createdAt, brokerVersion } = detail;
  return { partitionId, state, createdAt, brokerVersion };
}

function notANumber(world: World, request: SimulatedRequest): Answer {
  const { path } = request;
  if (world.settings.profile === '8.6') {
    return {
      status: 400,
      json: { timestamp: zonedTime(Date.now()), status: 400, error: 'Bad Request', path },
    };
  }
  return message(
    400,
    `Expected a backup ID or prefix ending with '*', but got '${request.params['id'] ?? ''}'.`,
  );
}

function message(code: number, text: string): Answer {
  return { status: code, json: { message: text } };
}
