import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** `cut`: the connection breaks before the request arrives. `lose-answer`: the request is carried out, its answer is lost. */
export type Interference = 'pass' | 'cut' | 'lose-answer';

/** Stands between a client and an S3 endpoint on 127.0.0.1 and decides for each request what happens to it. */
export interface S3Proxy {
  endpoint: string;
  /** `PUT /bucket/key?partNumber=2…`, in the order of their arrival. */
  requests: string[];
  interfere: (request: string) => Interference;
  /** Breaks every open connection once. */
  cutConnections: () => void;
  stop: () => Promise<void>;
}

export async function startS3Proxy(target: string): Promise<S3Proxy> {
  const proxy: S3Proxy = {
    endpoint: '',
    requests: [],
    interfere: () => 'pass',
    cutConnections: () => {
      server.closeAllConnections();
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
  const server = createServer((incoming, answer) => {
    const line = `${incoming.method ?? ''} ${incoming.url ?? ''}`;
    proxy.requests.push(line);
    const interference = proxy.interfere(line);
    if (interference === 'cut') incoming.socket.destroy();
    else forward(target, incoming, answer, interference);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return proxy;
}

/** Headers go on as they came: the signature covers the host too. */
function forward(
  target: string,
  incoming: IncomingMessage,
  answer: ServerResponse,
  interference: Interference,
): void {
  const { method, url = '', rawHeaders } = incoming;
  const outgoing = request(new URL(url, target), { method, headers: rawHeaders, setHost: false });
  outgoing.on('response', (response) => {
    if (interference === 'lose-answer') {
      incoming.socket.destroy();
      response.resume();
      return;
    }
    answer.writeHead(response.statusCode ?? 502, response.rawHeaders);
    response.pipe(answer);
  });
  outgoing.on('error', () => incoming.socket.destroy());
  incoming.on('error', () => outgoing.destroy());
  incoming.pipe(outgoing);
}
