import { randomUUID } from 'node:crypto';
import { fieldOf, type Answer, type Route, type SimulatedRequest } from '../http/route.ts';
import { indexedPart, type World } from '../world/world.ts';
import type { IndexBackups } from '../world/indexBackups.ts';
import { viewIndexBackup } from './indexBackupView.ts';

export type HistoryPart = 'operate' | 'tasklist' | 'webapps';

/** History backups: `backups` of Operate and of Tasklist up to 8.7, one `backupHistory` from 8.8. */
export function historyRoutes(world: World, part: HistoryPart): Route[] {
  const backups = indexedPart(world, part);
  const path = part === 'webapps' ? '/actuator/backupHistory' : '/actuator/backups';
  const route = (
    method: Route['method'],
    rest: string,
    endpoint: Route['endpoint'],
    handle: Route['handle'],
  ): Route => ({
    method,
    path: path + rest,
    component: part,
    endpoint,
    handle: async (request) => {
      const answer = whyUnavailable(world, part, request, endpoint) ?? (await handle(request));
      return answer === 'reset' ? answer : { ...answer, pretty: part === 'tasklist' };
    },
  });
  return [
    route('POST', '', 'backup', (request) => start(world, backups, part, request)),
    route('GET', '', 'list', () => ({
      status: 200,
      json: backups
        .ids()
        .reverse()
        .map((id) => viewIndexBackup(world, backups, id))
        .map((view) => ({ ...view, details: view?.details.toReversed() })),
    })),
    route('GET', '/:id', 'status', ({ params }) => {
      const id = Number(params['id']);
      const view = viewIndexBackup(world, backups, id, { isAsked: true });
      return view === undefined ? missing(world, part, id) : { status: 200, json: view };
    }),
    route('DELETE', '/:id', 'delete', ({ params }) => {
      const id = Number(params['id']);
      if (backups.snapshots(id).length === 0) return missing(world, part, id);
      backups.remove(id);
      return { status: 204 };
    }),
  ];
}

function start(world: World, backups: IndexBackups, part: HistoryPart, request: SimulatedRequest): Answer {
  const id = Number(fieldOf(request.body, 'backupId') ?? 0);
  const { repository } = world.settings;
  if (!Number.isInteger(id) || id <= 0)
    return refused(part, 400, 'A backupId must be provided and it must be > 0');
  if (world.faults.look('repositoryMissing') || !world.snapshots.repositories.has(repository)) {
    return refused(part, 404, `No repository with name [${repository}] could be found.`);
  }
  const existing = backups.snapshots(id).map((snapshot) => snapshot.uuid);
  if (existing.length > 0) {
    const found = existing.join(', ');
    return refused(part, 400, `A backup with ID [${id}] already exists. Found snapshots: [${found}]`);
  }
  if (backups.isBusy() || world.faults.strike('anotherBackupRunning', (it) => it.part === part)) {
    return refused(part, 400, 'Another backup is running at the moment');
  }
  return { status: 200, json: { scheduledSnapshots: backups.trigger(id) } };
}

function whyUnavailable(
  world: World,
  part: HistoryPart,
  request: SimulatedRequest,
  endpoint: Route['endpoint'],
): Answer | undefined {
  if (world.faults.strike('noRepositoryConfigured', (it) => it.part === part)) {
    return refused(part, part === 'webapps' ? 400 : 404, 'No backup repository configured.');
  }
  const id = request.params['id'];
  if (world.faults.look('searchEngineDown')) return withoutSearchEngine(world, part, endpoint, id);
  const mostId = part === 'webapps' ? Number.MAX_SAFE_INTEGER : 2 ** 31 - 1; // up to 8.7 the path id is a Java int
  if (id !== undefined && !(/^\d+$/.test(id) && Number(id) <= mostId)) {
    const { path } = request;
    return {
      status: 400,
      json: { timestamp: new Date().toISOString(), status: 400, error: 'Bad Request', path },
    };
  }
  return undefined;
}

/** As seen with OpenSearch stopped: a 400 of Operate is not the client's fault. */
function withoutSearchEngine(world: World, part: HistoryPart, endpoint: Route['endpoint'], id = ''): Answer {
  const { repository } = world.settings;
  if (part !== 'operate') {
    const text = `Encountered an error connecting to Elasticsearch while searching for snapshots. Repository name: [${repository}].`;
    return refused(part, 502, text);
  }
  if (endpoint === 'backup') {
    return refused(
      part,
      400,
      `Exception occurred when validating existence of repository with name [${repository}].`,
    );
  }
  if (endpoint === 'list') {
    const what = `Failed to get snapshot camunda_operate_* in repository ${repository}`;
    return refused(part, 400, `Exception occurred when searching for backups: ${what}`);
  }
  return refused(part, 400, `Exception occurred when searching for backup with ID [${id}].`);
}

function missing(world: World, part: HistoryPart, id: number): Answer {
  const status = world.faults.strike('notFoundAs', (it) => it.part === part)?.status ?? 404;
  return refused(part, status, `No backup with id [${id}] found.`);
}

/** Operate names a type, Tasklist does not, and from 8.8 only the message is left. */
function refused(part: HistoryPart, status: number, message: string): Answer {
  if (part === 'webapps') return { status, json: { message } };
  const type = status === 404 ? 'Requested resource not found' : 'Invalid request';
  const json = { status, message, instance: randomUUID(), ...(part === 'operate' && { type }) };
  return { status, json, pretty: part === 'tasklist' };
}
