import { fieldOf, type Answer, type Route } from '../http/route.ts';
import { indexedPart, type World } from '../world/world.ts';
import { viewIndexBackup } from './indexBackupView.ts';

/** `backups` on the management port of Optimize, the same in every release. */
export function optimizeRoutes(world: World): Route[] {
  const backups = indexedPart(world, 'optimize');
  const path = '/actuator/backups';
  const route = (
    method: Route['method'],
    rest: string,
    endpoint: Route['endpoint'],
    handle: Route['handle'],
  ): Route => ({
    method,
    path: path + rest,
    component: 'optimize',
    endpoint,
    handle: (request) => whyUnavailable(world) ?? handle(request),
  });
  return [
    route('POST', '', 'backup', ({ body }) => {
      const id = Number(fieldOf(body, 'backupId') ?? 0);
      if (!Number.isInteger(id) || id <= 0) return refused(400, 'badRequest', 'backupId must be > 0');
      if (backups.snapshots(id).length > 0) {
        return refused(409, 'conflict', `A backup with ID [${id}] already exists.`);
      }
      backups.trigger(id);
      const message = `Backup creation for ID ${id} has been scheduled. Use the GET API to monitor completion of backup process`;
      return { status: 202, json: { message } };
    }),
    route('GET', '', 'list', () => ({
      status: 200,
      json: backups
        .ids()
        .reverse()
        .map((id) => viewIndexBackup(world, backups, id)),
    })),
    route('GET', '/:id', 'status', ({ params }) => {
      const id = Number(params['id']);
      const view = viewIndexBackup(world, backups, id, { isAsked: true });
      return view
        ? { status: 200, json: view }
        : refused(404, 'notFound', `No Optimize backup with ID [${id}] could be found.`);
    }),
    route('DELETE', '/:id', 'delete', ({ params }) => {
      backups.remove(Number(params['id']));
      return { status: 204 };
    }),
  ];
}

function whyUnavailable(world: World): Answer | undefined {
  if (world.faults.strike('noRepositoryConfigured', (it) => it.part === 'optimize')) {
    return refused(
      400,
      'badRequest',
      'Cannot trigger backup because no Elasticsearch snapshot repository name found in Optimize configuration.',
    );
  }
  if (world.faults.look('searchEngineDown')) {
    return refused(
      502,
      'badGateway',
      'Encountered an error connecting to Elasticsearch while retrieving snapshots.',
    );
  }
  if (world.faults.look('repositoryMissing')) {
    return refused(
      500,
      'serverError',
      `No repository with name [${world.settings.repository}] could be found.`,
    );
  }
  return undefined;
}

function refused(status: number, errorCode: string, detailedMessage: string): Answer {
  return {
    status,
    json: { errorCode, errorMessage: 'The request could not be processed.', detailedMessage },
  };
}
