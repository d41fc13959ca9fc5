import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ArmedFaults } from '../faults/faults.ts';
import type { FaultAnswer } from '../faults/wireFault.ts';
import type { Component } from '../options.ts';
import { matchPath, type Answer, type Route, type SimulatedRequest } from './route.ts';

export type LoggedRequest = {
  at: string;
  component: Component;
  method: string;
  path: string;
  broker: number;
};

export type ServerOptions = {
  component: Component; // whose clock it is, and who answers where no route fits
  broker: number;
  routes: Route[];
  faults: ArmedFaults;
  log: LoggedRequest[];
  beforeRequest: () => void;
  stopping: AbortSignal;
};

/** One process of the installation, on a free port of 127.0.0.1. */
export async function startServer(options: ServerOptions): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer((request, response) => {
    serve(options, request, response).catch(() => {
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, stop: () => stop(server) };
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

async function serve(options: ServerOptions, raw: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(raw.url ?? '/', `http://${raw.headers.host ?? '127.0.0.1'}`);
  const method = raw.method ?? 'GET';
  const found = findRoute(options.routes, method, url.pathname);
  const component = found?.route.component ?? options.component;
  const { broker } = options;
  options.log.push({
    at: new Date().toISOString(),
    component,
    method,
    path: url.pathname + url.search,
    broker,
  });
  const text = await readBody(raw);
  options.beforeRequest();

  const work = async (): Promise<Answer | 'reset'> => {
    if (found === undefined) return notFound(url.pathname);
    return found.route.handle({
      path: url.pathname,
      query: url.searchParams,
      params: found.params,
      contentType: raw.headers['content-type'] ?? '',
      body: parse(text),
      origin: url.origin,
    } satisfies SimulatedRequest);
  };
  const endpoint = found?.route.endpoint;
  const fault =
    endpoint && options.faults.strikeWire({ method, component, endpoint, path: url.pathname, broker });
  let answer: Answer | FaultAnswer | 'reset' | 'hang' | undefined;
  if (fault === undefined || fault.when === 'after') answer = await work();
  if (fault?.delayMs !== undefined) await sleep(fault.delayMs, undefined, { signal: options.stopping });
  await fault?.hold;
  answer = fault?.answer ?? answer ?? (await work());
  const skew = options.faults.look('clockSkew', (it) => it.component === options.component)?.byMs ?? 0;
  send(response, answer, new Date(Date.now() + skew));
}

function findRoute(routes: Route[], method: string, path: string) {
  for (const route of routes) {
    if (route.method !== method && !(method === 'HEAD' && route.method === 'GET')) continue;
    const params = matchPath(route.path, path);
    if (params !== undefined) return { route, params };
  }
  return undefined;
}

async function readBody(raw: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of raw) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function notFound(path: string): Answer {
  return {
    status: 404,
    json: { timestamp: new Date().toISOString(), status: 404, error: 'Not Found', path },
  };
}

function send(response: ServerResponse, answer: Answer | FaultAnswer | 'reset' | 'hang', date: Date): void {
  if (answer === 'hang') return;
  if (answer === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  response.statusCode = answer.status;
  response.setHeader('date', date.toUTCString());
  if ('text' in answer && answer.text !== undefined) {
    response.setHeader('content-type', answer.contentType ?? 'text/plain');
    response.end(answer.text);
    return;
  }
  if (answer.json === undefined) {
    response.end();
    return;
  }
  const contentType = 'contentType' in answer ? answer.contentType : undefined;
  response.setHeader('content-type', contentType ?? 'application/json');
  response.end(JSON.stringify(answer.json, null, 'pretty' in answer && answer.pretty ? 2 : undefined));
}
