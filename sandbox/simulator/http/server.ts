import { once } from 'node:events';
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

export interface SimulatedServer {
  url: string;
  /** Nobody listens any more. Does nothing when it has stopped already. */
  stop(): Promise<void>;
  /** Listens again, at the same address. Does nothing when it listens. */
  startAgain(): Promise<void>;
}

/** One process of the installation, on a free port of 127.0.0.1. */
export async function startServer(options: ServerOptions): Promise<SimulatedServer> {
  const firstAnswers = new Map<string, Answer>();
  const server = createServer((request, response) => {
    serve(options, firstAnswers, request, response).catch(() => {
      response.destroy();
    });
  });
  await listen(server, 0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () => stop(server),
    startAgain: async () => {
      if (!server.listening) await listen(server, port);
    },
  };
}

async function listen(server: Server, port: number): Promise<void> {
  const listening = once(server, 'listening'); // rejects with the error of the server
  server.listen(port, '127.0.0.1');
  await listening;
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

async function serve(
  options: ServerOptions,
  firstAnswers: Map<string, Answer>,
  raw: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
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
  const question = `${method} ${url.pathname}${url.search}`;
  options.beforeRequest();

  const work = async (): Promise<Answer | 'reset'> => {
    if (found === undefined) return notFound(url.pathname);
    const done = await found.route.handle({
      path: url.pathname,
      query: url.searchParams,
      params: found.params,
      contentType: raw.headers['content-type'] ?? '',
      body: parse(text),
      origin: url.origin,
    } satisfies SimulatedRequest);
    if (done !== 'reset' && done.status === 200 && !firstAnswers.has(question))
      firstAnswers.set(question, done);
    return done;
  };
  const endpoint = found?.route.endpoint;
  const fault =
    endpoint && options.faults.strikeWire({ method, component, endpoint, path: url.pathname, broker });
  let answer: Answer | FaultAnswer | 'reset' | 'hang' | undefined;
  if (fault?.twice === true) await work();
  if (fault === undefined || fault.when === 'after') answer = await work();
  if (fault?.delayMs !== undefined) await sleep(fault.delayMs, undefined, { signal: options.stopping });
  await fault?.hold;
  if (fault?.answer === 'stale') answer = firstAnswers.get(question) ?? answer;
  else answer = fault?.answer ?? answer;
  answer ??= await work();
  const skew = options.faults.look('clockSkew', (it) => it.component === options.component)?.byMs ?? 0;
  const slowly = { everyMs: fault?.trickleMs ?? 0, stopping: options.stopping };
  await send(response, answer, new Date(Date.now() + skew), slowly);
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

const TRICKLE_PIECES = 10;

async function send(
  response: ServerResponse,
  answer: Answer | FaultAnswer | 'reset' | 'hang',
  date: Date,
  { everyMs, stopping }: { everyMs: number; stopping: AbortSignal },
): Promise<void> {
  if (answer === 'hang') return;
  if (answer === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  response.statusCode = answer.status;
  response.setHeader('date', date.toUTCString());
  const [body, contentType] = bodyOf(answer);
  if (contentType !== undefined) response.setHeader('content-type', contentType);
  if (everyMs === 0) {
    response.end(body);
    return;
  }
  const pieceLength = Math.ceil(body.length / TRICKLE_PIECES);
  for (let at = 0; at < body.length && !response.destroyed; at += pieceLength) {
    response.write(body.slice(at, at + pieceLength));
    await sleep(everyMs, undefined, { signal: stopping });
  }
  response.end();
}

function bodyOf(answer: Answer | FaultAnswer): [body: string, contentType?: string] {
  const contentType = 'contentType' in answer ? answer.contentType : undefined;
  if ('text' in answer && answer.text !== undefined) return [answer.text, contentType ?? 'text/plain'];
  if (answer.json === undefined) return [''];
  const indent = 'pretty' in answer && answer.pretty ? 2 : undefined;
  return [JSON.stringify(answer.json, null, indent), contentType ?? 'application/json'];
}
