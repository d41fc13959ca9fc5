import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One scripted answer: JSON by default; `text` with its own type; `hangs` never answers; `resets` cuts the connection. */
export type Reply = {
  status?: number;
  json?: unknown;
  text?: string;
  type?: string;
  headers?: Record<string, string>;
  hangs?: true;
  resets?: true;
};

export type SeenRequest = { line: string; headers: IncomingMessage['headers']; body: string };

/** A real HTTP server that answers what a test wrote down, and Spring's 404 to everything else. */
export interface ScriptedServer {
  readonly url: string;
  readonly requests: SeenRequest[];
  /** `line` is method and path with query: `GET /actuator`. Several replies are given one after the other, the last for ever. */
  on(line: string, ...replies: Reply[]): void;
  /** The index of a process that offers these endpoints. */
  offer(base: string, ...names: string[]): void;
  linesOf(method: string): string[];
  close(): Promise<void>;
}

export async function startScriptedServer(): Promise<ScriptedServer> {
  const script = new Map<string, Reply[]>();
  const requests: SeenRequest[] = [];
  const server = createServer((request, response) => {
    void answer(request, response);
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const line = `${request.method} ${request.url}`;
    requests.push({ line, headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
    const replies = script.get(line) ?? [unknownPath(request.url ?? '')];
    send(response, (replies.length > 1 ? replies.shift() : replies[0]) ?? {});
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const on = (line: string, ...replies: Reply[]) => {
    script.set(line, replies);
  };
  return {
    url,
    requests,
    on,
    offer(base, ...names) {
      const links = ['self', ...names].map((name): [string, object] => [
        name,
        { href: `http://internal:1/actuator/${name}` },
      ]);
      on(`GET ${base}/actuator`, { json: { _links: Object.fromEntries(links) } });
    },
    linesOf: (method) => requests.map(({ line }) => line).filter((line) => line.startsWith(`${method} `)),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(response: ServerResponse, reply: Reply): void {
  if (reply.hangs) return;
  if (reply.resets) {
    response.destroy();
    return;
  }
  const body = reply.text ?? (reply.json === undefined ? '' : JSON.stringify(reply.json));
  const type = reply.type ?? (body === '' ? undefined : 'application/vnd.spring-boot.actuator.v3+json');
  response.writeHead(reply.status ?? 200, { ...(type ? { 'content-type': type } : {}), ...reply.headers });
  response.end(body);
}

function unknownPath(path: string): Reply {
  const json = { timestamp: '2026-11-22T10:59:32.009+00:00', status: 404, error: 'Not Found', path };
  return { status: 404, json };
}
