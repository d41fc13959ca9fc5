import type { Component } from '../options.ts';
import type { EndpointName, Method } from '../faults/wireFault.ts';

export type SimulatedRequest = {
  path: string;
  query: URLSearchParams;
  params: Record<string, string>;
  contentType: string;
  body: unknown; // parsed JSON; undefined when empty or no JSON
  origin: string; // http://127.0.0.1:port
};

/** What an endpoint answers; without `json` the body is empty. */
export type Answer = { status: number; json?: unknown; pretty?: boolean };

export type Route = {
  method: Method;
  path: string; // `/actuator/backups/:id`; a last `:rest*` takes all that follows
  component: Component;
  endpoint: EndpointName;
  handle(request: SimulatedRequest): Answer | 'reset' | Promise<Answer | 'reset'>;
};

/** The parameters when the path fits the pattern. */
export function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  const given = path.split('/');
  const params: Record<string, string> = {};
  for (const [index, piece] of wanted.entries()) {
    if (piece.endsWith('*') && piece.startsWith(':') && given.length > index) {
      params[piece.slice(1, -1)] = given.slice(index).map(decodeURIComponent).join('/');
      return params;
    }
    const value = given[index];
    if (value === undefined) return undefined;
    if (piece.startsWith(':') && value !== '') params[piece.slice(1)] = decodeURIComponent(value);
    else if (piece !== value) return undefined;
  }
  return given.length === wanted.length ? params : undefined;
}

/** A field of a JSON body. */
export function fieldOf(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
}
