import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type ForeignReply = { status: number; type?: string; date?: string; body: Buffer | string };

/** A real HTTP server whose every answer a test decides, down to its bytes; `line` is method and path without query. */
export interface ForeignServer {
  readonly url: string;
  answer: (line: string) => ForeignReply;
  /** Status of the last answer to a request that starts something. */
  lastTrigger: number | null;
  close(): Promise<void>;
}

export async function startForeignServer(): Promise<ForeignServer> {
  const server = createServer((request, response) => {
    const line = `${request.method} ${(request.url ?? '').replace(/\?.*$/, '')}`;
    request.resume();
    const { status, type, date, body } = foreign.answer(line);
    if (/^(POST|PUT) .*(backup|_snapshot)/i.test(line)) foreign.lastTrigger = status;
    response.writeHead(status, {
      ...(type === undefined ? {} : { 'content-type': type }),
      ...(date === undefined ? {} : { date }),
    });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const foreign: ForeignServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: () => ({ status: 404, body: '' }),
    lastTrigger: null,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return foreign;
}
