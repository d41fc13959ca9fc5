import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { formsOf } from './markers.ts';

/** Stands before an endpoint. Requests that it picks are not passed on: the answer quotes what they carried, in many forms. */
export interface Echo {
  readonly url: string;
  /** Base URL of what is behind it. */
  target: string;
  /** Status of the answer to `PUT /path?query`; `null`: the request is passed on. */
  pick: (line: string) => number | null;
  /** Requests that it answered itself. */
  readonly echoed: string[];
  stop(): Promise<void>;
}

export type EchoOptions = {
  tls?: { ca: string; cert: string; key: string }; // asks for client certificates
  /** Secrets that are never on the wire, but that it knows all the same. */
  knows?: { user: string; secret: string }[];
  xml?: boolean; // as S3 answers
};

export async function startEcho({ tls, knows = [], xml = false }: EchoOptions = {}): Promise<Echo> {
  const server =
    tls === undefined
      ? createServer(answer)
      : createTlsServer({ ...tls, requestCert: true, rejectUnauthorized: true }, answer);
  const echo = {
    url: '',
    target: '',
    pick: (): number | null => null,
    echoed: [] as string[],
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  function answer(incoming: IncomingMessage, response: ServerResponse): void {
    const line = `${incoming.method} ${incoming.url}`;
    const status = (echo as Echo).pick(line);
    if (status === null) forward(echo.target, incoming, response);
    else void quote(incoming, response, status, line);
  }

  async function quote(
    incoming: IncomingMessage,
    response: ServerResponse,
    status: number,
    line: string,
  ): Promise<void> {
    const body = await text(incoming);
    const { authorization = '' } = incoming.headers;
    const forms = [...knows, ...secretsOf(authorization)].flatMap(({ user, secret }) =>
      formsOf(secret, user),
    );
    // Messages show the beginning only, so each answer begins with another form.
    const at = echo.echoed.push(line) % Math.max(1, forms.length);
    const words = [...forms.slice(at), `authorization: ${authorization}`, line, body, ...forms.slice(0, at)];
    const [type, said] = render(words.join(' '), xml, echo.echoed.length);
    response.writeHead(status, { 'content-type': type, 'x-echo': 'yes' }).end(said);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  echo.url = `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return echo;
}

function secretsOf(authorization: string): { user: string; secret: string }[] {
  const [scheme, value = ''] = authorization.split(' ');
  if (scheme === 'Bearer') return [{ user: '', secret: value }];
  if (scheme !== 'Basic') return [];
  const [user = '', ...password] = Buffer.from(value, 'base64').toString().split(':');
  return [{ user, secret: password.join(':') }];
}

/** In turn as a component and as a proxy would say it. */
function render(words: string, xml: boolean, count: number): [string, string] {
  if (xml) {
    const escaped = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    return [
      'application/xml',
      `<?xml version="1.0"?><Error><Code>Echo</Code><Message>${escaped}</Message></Error>`,
    ];
  }
  return count % 2 === 0
    ? ['application/json', JSON.stringify({ message: words, error: words })]
    : ['text/html', `<html>${words}</html>`];
}

/** Headers go on as they came: the signature of S3 covers the host too. */
function forward(target: string, incoming: IncomingMessage, answer: ServerResponse): void {
  const { method, url = '', rawHeaders } = incoming;
  const outgoing = request(new URL(url, target), { method, headers: rawHeaders, setHost: false });
  outgoing.on('response', (response) => {
    answer.writeHead(response.statusCode ?? 502, response.rawHeaders);
    response.pipe(answer);
  });
  outgoing.on('error', () => incoming.socket.destroy());
  incoming.on('error', () => outgoing.destroy());
  incoming.pipe(outgoing);
}
