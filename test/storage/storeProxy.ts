import {
  createServer,
  request,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * `cut`: the connection breaks before the request arrives. `lose-answer`: the request is carried out, its answer is lost.
 * `busy`: answered 503. A number: passed on after so many milliseconds.
 */
export type Interference = 'pass' | 'cut' | 'lose-answer' | 'busy' | number;

export type StandIn = {
  answer: (incoming: IncomingMessage) => { status: number; headers: Record<string, string> } | null;
  carriedOut: (incoming: IncomingMessage) => void;
};

/** Stands between a client and an HTTP store on 127.0.0.1 and decides for each request what happens to it. */
export interface StoreProxy {
  endpoint: string;
  /** `PUT /bucket/key?partNumber=2…`, in the order of their arrival. */
  requests: string[];
  /** Their headers. */
  headers: IncomingHttpHeaders[];
  interfere: (request: string) => Interference;
  /** Answers in place of the server; `null` leaves it to `interfere`. `carriedOut` hears of what the server then answered well. */
  standIn?: StandIn;
  /** Breaks every open connection once. */
  cutConnections: () => void;
  stop: () => Promise<void>;
}

export async function startStoreProxy(target: string): Promise<StoreProxy> {
  const proxy: StoreProxy = {
    endpoint: '',
    requests: [],
    headers: [],
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
    proxy.headers.push(incoming.headers);
    const interference = proxy.interfere(line);
    const stoodIn = interference === 'pass' ? proxy.standIn?.answer(incoming) : undefined;
    if (stoodIn) {
      incoming.resume();
      answer.writeHead(stoodIn.status, { ...stoodIn.headers, 'content-type': 'application/json' }).end('{}');
    } else if (interference === 'cut') incoming.socket.destroy();
    else if (interference === 'busy') answer.writeHead(503, { connection: 'close' }).end('busy');
    else if (typeof interference === 'number') {
      setTimeout(() => {
        forward(proxy, target, incoming, answer, 'pass');
      }, interference);
    } else forward(proxy, target, incoming, answer, interference);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return proxy;
}

/** Headers go on as they came: the signature covers the host too. */
function forward(
  proxy: StoreProxy,
  target: string,
  incoming: IncomingMessage,
  answer: ServerResponse,
  interference: Interference,
): void {
  const { method, url = '', rawHeaders } = incoming;
  const outgoing = request(new URL(url, target), { method, headers: rawHeaders, setHost: false });
  outgoing.on('response', (response) => {
    if ((response.statusCode ?? 500) < 400) proxy.standIn?.carriedOut(incoming);
    if (interference === 'lose-answer') {
      incoming.socket.destroy();
      response.resume();
      return;
    }
    // A session of an upload is addressed by what the server calls itself.
    const headers = response.rawHeaders.map((value) => value.replace(target, proxy.endpoint));
    answer.writeHead(response.statusCode ?? 502, headers);
    response.pipe(answer);
  });
  outgoing.on('error', () => incoming.socket.destroy());
  incoming.on('error', () => outgoing.destroy());
  incoming.pipe(outgoing);
}
