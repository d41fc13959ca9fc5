import type { Answer, Route, SimulatedRequest } from '../http/route.ts';
import type { ExportingAnswer } from '../world/engine.ts';
import type { World } from '../world/world.ts';

/** Pause and resume: HTTP 200 always, the truth is in the envelope. */
export function exportingRoutes(world: World): Route[] {
  return [
    {
      method: 'POST',
      path: '/actuator/exporting/pause',
      component: 'zeebe',
      endpoint: 'pause',
      handle: (request) =>
        wrongType(world, request) ??
        envelope(
          world.faults.look('pauseFails')?.body ?? 'object',
          world.engine.pause(request.query.get('soft') === 'true' ? 'SOFT_PAUSED' : 'PAUSED'),
        ),
    },
    {
      method: 'POST',
      path: '/actuator/exporting/resume',
      component: 'zeebe',
      endpoint: 'resume',
      handle: (request) =>
        wrongType(world, request) ??
        envelope(world.faults.look('resumeFails')?.body ?? 'object', world.engine.resume()),
    },
  ];
}

/** 8.6 writes an object as body of a failure, later builds a plain string. */
function envelope(bodyAs: 'object' | 'string', { status, message }: ExportingAnswer): Answer {
  const body = message === undefined ? null : bodyAs === 'string' ? message : { message };
  return { status: 200, json: { body, status, contentType: null } };
}

/** Newer builds refuse a POST that does not say what it carries. */
function wrongType({ settings }: World, { contentType, path }: SimulatedRequest): Answer | undefined {
  if (settings.profile === '8.6' || contentType.startsWith('application/json')) return undefined;
  const timestamp = new Date().toISOString();
  return { status: 415, json: { timestamp, status: 415, error: 'Unsupported Media Type', path } };
}
