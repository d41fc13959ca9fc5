import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type S3Operation =
  | 'PutObject'
  | 'GetObject'
  | 'HeadObject'
  | 'DeleteObject'
  | 'ListObjects'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'
  | 'ListMultipartUploads';

/** What goes wrong with requests about the objects of one cluster. Of two that fit, the one added first strikes. */
export type S3Fault = {
  cluster: string;
  on: S3Operation | '*';
  object?: string; // name of the object in its set; default any
  times?: number; // default: for ever
  /**
   * `cut`: the connection breaks before the request arrives. `loseAnswer`: it is carried out, and the connection breaks.
   * `lie`: 200, and nothing is carried out. `deny`: 403. `busy`: 503 SlowDown. A number: so many milliseconds late.
   */
  does: 'cut' | 'loseAnswer' | 'lie' | 'deny' | 'busy' | number;
};

export type S3FaultHandle = { hits(): number; remove(): void };

/** An S3 endpoint of 127.0.0.1 that leads to a real one and spoils what it is told to. */
export interface S3Gate {
  endpoint: string;
  /** Where requests go; to be set before the first one. */
  target: string;
  /** Of this cluster and all together, in the order of their arrival: `PutObject intent.json`. */
  requests(cluster: string): string[];
  add(fault: S3Fault): S3FaultHandle;
  stop(): Promise<void>;
}

type Question = { operation: S3Operation; cluster: string; object: string };

export async function startS3Gate(): Promise<S3Gate> {
  let armed: { fault: S3Fault; hits: number }[] = [];
  const seen: Question[] = [];

  function strike(question: Question): S3Fault | undefined {
    const found = armed.find(
      ({ fault, hits }) =>
        fault.cluster === question.cluster &&
        (fault.on === '*' || fault.on === question.operation) &&
        (fault.object === undefined || fault.object === question.object) &&
        hits < (fault.times ?? Infinity),
    );
    if (found !== undefined) found.hits += 1;
    return found?.fault;
  }

  const server = createServer((incoming, answer) => {
    const question = understand(incoming);
    seen.push(question);
    const does = strike(question)?.does;
    if (does === 'cut') incoming.socket.resetAndDestroy();
    else if (does === 'deny') refuse(incoming, answer, 403, 'AccessDenied');
    else if (does === 'busy') refuse(incoming, answer, 503, 'SlowDown');
    else if (does === 'lie') lie(incoming, answer, question);
    else forward(gate.target, incoming, answer, does).catch(() => incoming.socket.destroy());
  });
  const gate: S3Gate = {
    endpoint: '',
    target: '',
    requests: (cluster) =>
      seen.filter((it) => it.cluster === cluster).map((it) => `${it.operation} ${it.object}`),
    add(fault) {
      const entry = { fault, hits: 0 };
      armed.push(entry);
      return {
        hits: () => entry.hits,
        remove() {
          armed = armed.filter((other) => other !== entry);
        },
      };
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  gate.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return gate;
}

/** Path-style addresses: `/bucket/prefix/cluster/id/object`; a listing names its prefix in the query. */
function understand({ method = '', url = '' }: IncomingMessage): Question {
  const { pathname, searchParams } = new URL(url, 'http://any');
  const key = pathname.split('/').slice(2).join('/');
  const [, ...parts] = (key === '' ? (searchParams.get('prefix') ?? '') : key).split('/');
  const question = { cluster: parts[0] ?? '', object: parts.at(-1) ?? '' };
  return { ...question, operation: operationOf(method, key, searchParams) };
}

function operationOf(method: string, key: string, query: URLSearchParams): S3Operation {
  if (key === '') return query.has('uploads') ? 'ListMultipartUploads' : 'ListObjects';
  if (method === 'HEAD') return 'HeadObject';
  if (method === 'GET') return 'GetObject';
  if (method === 'POST') return query.has('uploads') ? 'CreateMultipartUpload' : 'CompleteMultipartUpload';
  if (method === 'PUT') return query.has('partNumber') ? 'UploadPart' : 'PutObject';
  return query.has('uploadId') ? 'AbortMultipartUpload' : 'DeleteObject';
}

function refuse(incoming: IncomingMessage, answer: ServerResponse, status: number, code: string): void {
  incoming.resume().once('end', () => {
    answer.writeHead(status, { 'content-type': 'application/xml' });
    answer.end(incoming.method === 'HEAD' ? '' : `<Error><Code>${code}</Code><Message>no</Message></Error>`);
  });
}

function lie(incoming: IncomingMessage, answer: ServerResponse, { operation }: Question): void {
  const completed = '<CompleteMultipartUploadResult><ETag>"e"</ETag></CompleteMultipartUploadResult>';
  incoming.resume().once('end', () => {
    answer.writeHead(200, { etag: '"e"', 'content-type': 'application/xml' });
    answer.end(operation === 'CompleteMultipartUpload' ? completed : '');
  });
}

/** Headers go on as they came: the signature covers the host too. */
async function forward(
  target: string,
  incoming: IncomingMessage,
  answer: ServerResponse,
  does: 'loseAnswer' | number | undefined,
): Promise<void> {
  const { method, url = '', rawHeaders } = incoming;
  if (typeof does === 'number') await sleep(does);
  const outgoing = request(new URL(url, target), { method, headers: rawHeaders, setHost: false });
  outgoing.on('response', (response) => {
    if (does === 'loseAnswer') {
      response.resume().once('end', () => incoming.socket.resetAndDestroy());
      return;
    }
    answer.writeHead(response.statusCode ?? 502, response.rawHeaders);
    response.pipe(answer);
  });
  outgoing.on('error', () => incoming.socket.destroy());
  incoming.on('error', () => outgoing.destroy());
  incoming.pipe(outgoing);
}
