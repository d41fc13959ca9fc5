import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startTcpProxy, type TcpProxy } from './tcpProxy.ts';

let servers: Server[];
let clients: Socket[];
let proxy: TcpProxy;

beforeEach(async () => {
  servers = [];
  clients = [];
  proxy = await startTcpProxy({ target: await startEcho('') });
});
afterEach(async () => {
  for (const client of clients) client.destroy();
  await proxy.stop();
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
});

/** Sends back what it gets, each chunk behind the prefix. */
async function startEcho(prefix: string): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => socket.write(prefix + chunk.toString()));
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A client that keeps what it got, and how it ended. */
function open() {
  const socket = connect({ port: proxy.port, host: '127.0.0.1' });
  clients.push(socket);
  let got = '';
  let error = '';
  socket.on('data', (chunk: Buffer) => (got += chunk.toString()));
  socket.on('error', (failure: NodeJS.ErrnoException) => (error = failure.code ?? failure.message));
  const ended = new Promise<void>((resolve) => socket.once('close', resolve));
  return {
    send: (text: string) => socket.write(text),
    got: () => got,
    async end() {
      await ended;
      return error;
    },
    async receives(text: string) {
      for (let waited = 0; got !== text && waited < 5_000; waited += 10) await sleep(10);
      expect(got).toBe(text);
    },
  };
}

describe('support/tcpProxy', () => {
  it('passes bytes both ways and counts them', async () => {
    const client = open();

    client.send('hello');
    await client.receives('hello');

    expect(proxy.counts()).toEqual({
      accepted: 1,
      open: 1,
      refused: 0,
      cut: 0,
      bytes: { toTarget: 5, toClient: 5 },
    });
  });

  it('cuts what is open, and takes new connections', async () => {
    const client = open();
    client.send('a');
    await client.receives('a');

    expect(proxy.cut()).toBe(1);

    expect(await client.end()).toBe('ECONNRESET');
    const next = open();
    next.send('b');
    await next.receives('b');
  });

  it('leads to another target on the same port', async () => {
    const before = open();
    before.send('a');
    await before.receives('a');

    proxy.retarget(await startEcho('new: '));

    expect(await before.end()).toBe('ECONNRESET');
    const after = open();
    after.send('b');
    await after.receives('new: b');
  });

  it('refuses new connections until it is healed; open ones go on', async () => {
    const early = open();
    early.send('a');
    await early.receives('a');
    proxy.suffer({ refuse: true });

    expect(await open().end()).toBe('ECONNRESET');
    early.send('b');
    await early.receives('ab');
    proxy.heal();
    const late = open();
    late.send('c');

    await late.receives('c');
    expect(proxy.counts()).toMatchObject({ accepted: 2, refused: 1 });
  });

  it.each([
    ['toClient', '1234'],
    ['toTarget', '1234'],
  ] as const)('cuts %s after so many bytes, once', async (direction, echoed) => {
    proxy.suffer({ truncate: { direction, afterBytes: 4, times: 1 } });
    const client = open();

    client.send('12');
    await client.receives('12');
    client.send('3456');
    await client.end();

    expect(proxy.counts().bytes[direction]).toBe(4);
    expect(echoed).toContain(client.got());
    const next = open();
    next.send('123456');
    await next.receives('123456');
  });

  it('holds everything back in a black hole, and lets it go after', async () => {
    const client = open();
    client.send('a');
    await client.receives('a');
    proxy.suffer({ blackHole: true });
    const inside = open();

    client.send('b');
    inside.send('c');
    await sleep(100);
    const heard = [client.got(), inside.got()];
    proxy.heal();

    expect(heard).toEqual(['a', '']);
    await client.receives('ab');
    await inside.receives('c');
  });

  it('delays each chunk, in both directions', async () => {
    proxy.suffer({ delayMs: 80 });
    const client = open();
    const sentMs = performance.now();

    client.send('a');
    await client.receives('a');

    expect(performance.now() - sentMs).toBeGreaterThanOrEqual(160);
  });

  it('resets a client whose target is gone', async () => {
    proxy.retarget(await closedPort());

    expect(await open().end()).toBe('ECONNRESET');
  });
});

async function closedPort(): Promise<number> {
  const port = await startEcho('');
  const server = servers.pop();
  await new Promise((resolve) => server?.close(resolve));
  return port;
}
