import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { SafepointError } from '../contract/errors.ts';

/** A probe is one short request. */
const REQUEST_MS = 5_000;

export interface HealthServer {
  close(): Promise<void>;
}

/**
 * `/healthz`: 200 as long as the process lives. `/readyz`: 200, or 503 with the problem as its one line. Nothing else is
 * told, and nothing is read but method and path. Fails with `InvalidConfig` where the address cannot be listened at.
 */
export async function startHealthServer(
  listen: string,
  problem: () => Promise<string | null>,
): Promise<HealthServer> {
  const server = createServer(
    { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS },
    (request, response) => {
      void answer(request, response, problem);
    },
  );
  const colon = listen.lastIndexOf(':');
  const [host, port] = [listen.slice(0, colon).replace(/^\[|\]$/g, ''), Number(listen.slice(colon + 1))];
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject).listen({ host, port }, resolve); // a later error, such as EMFILE, costs that connection only
  }).catch((cause: unknown) => {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    throw new SafepointError('InvalidConfig', `health.listen: ${listen} cannot be listened at (${code})`, {
      cause,
    });
  });
  return {
    async close() {
      await new Promise((closed) => {
        server.close(closed);
        server.closeAllConnections();
      });
    },
  };
}

async function answer(
  { method = '', url = '' }: IncomingMessage,
  response: ServerResponse,
  problem: () => Promise<string | null>,
): Promise<void> {
  const [path] = url.split('?');
  if (path !== '/healthz' && path !== '/readyz') {
    send(response, 404, 'not found');
  } else if (method !== 'GET' && method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    send(response, 405, 'GET and HEAD only');
  } else if (path === '/healthz') {
    send(response, 200, 'alive');
  } else {
    const reason = await problem();
    send(response, reason === null ? 200 : 503, reason ?? 'ready');
  }
}

function send(response: ServerResponse, status: number, line: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  response.end(`${line}\n`);
}
