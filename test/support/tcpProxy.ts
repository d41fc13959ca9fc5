import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type Direction = 'toTarget' | 'toClient';

/** What connections suffer, all at once; without a field, nothing of that kind. */
export type TcpFaults = {
  /** New connections are reset at once; open ones go on. */
  refuse?: boolean;
  /** Connections are accepted and stay open, and nothing goes through; what was held back goes on after `heal`. */
  blackHole?: boolean;
  /** Each chunk waits this long, in both directions. */
  delayMs?: number;
  /** A connection ends after this many more bytes in the direction, exactly there; for `times` connections, default all. */
  truncate?: { direction: Direction; afterBytes: number; times?: number };
};

/** Since the start of the proxy. */
export type TcpCounts = {
  accepted: number;
  open: number; // now
  refused: number;
  cut: number; // by `cut`, `retarget` or `truncate`
  bytes: Record<Direction, number>;
};

/** A port of 127.0.0.1 that leads to another one, and can be told to behave like a bad network. */
export interface TcpProxy {
  readonly port: number;
  /** `127.0.0.1:port` */
  readonly address: string;
  /** Leads to this port from now on; connections to the one before are cut. */
  retarget(port: number): void;
  /** Replaces all faults. They hold for open connections too, as far as they can. */
  suffer(faults: TcpFaults): void;
  /** No faults. */
  heal(): void;
  /** Resets all open connections, on both sides; returns how many. */
  cut(): number;
  counts(): TcpCounts;
  stop(): Promise<void>;
}

type Link = { client: Socket; target: Socket; passed: Record<Direction, number> };

export async function startTcpProxy(options: { target: number; port?: number }): Promise<TcpProxy> {
  let { target } = options;
  let faults: TcpFaults = {};
  let changed = Promise.withResolvers<undefined>();
  let truncated = 0;
  const links = new Set<Link>();
  const total = { accepted: 0, refused: 0, cut: 0, bytes: { toTarget: 0, toClient: 0 } };

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    client.on('error', () => undefined); // shows as the end of the link
    if (faults.refuse === true) {
      total.refused += 1;
      reset(client);
      return;
    }
    total.accepted += 1;
    open(client);
  });

  function open(client: Socket): void {
    const socket = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const link: Link = { client, target: socket, passed: { toTarget: 0, toClient: 0 } };
    links.add(link);
    for (const [side, other] of [
      [client, socket],
      [socket, client],
    ] as const) {
      side.on('error', () => {
        reset(other);
      });
      side.on('close', () => {
        other.destroy();
        links.delete(link);
      });
    }
    forward(link, 'toTarget').catch(() => undefined); // both sides are gone by then
    forward(link, 'toClient').catch(() => undefined);
  }

  async function forward(link: Link, direction: Direction): Promise<void> {
    const [from, to] = direction === 'toTarget' ? [link.client, link.target] : [link.target, link.client];
    for await (const chunk of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      if (faults.delayMs !== undefined) await sleep(faults.delayMs);
      while (faults.blackHole === true) await changed.promise;
      const cutAt = truncation(link, direction);
      const whole = cutAt === undefined || link.passed[direction] + chunk.length < cutAt;
      const piece = whole ? chunk : chunk.subarray(0, cutAt - link.passed[direction]);
      link.passed[direction] += piece.length;
      total.bytes[direction] += piece.length;
      if (!whole) {
        truncated += 1;
        total.cut += 1;
        to.end(piece, () => {
          reset(from); // and with it the other side, once that has sent its last bytes
        });
        return;
      }
      if (!to.write(piece)) await new Promise((resolve) => to.once('drain', resolve).once('close', resolve));
    }
    to.end();
  }

  function truncation(link: Link, direction: Direction): number | undefined {
    const { truncate } = faults;
    if (truncate?.direction !== direction || truncated >= (truncate.times ?? Infinity)) return undefined;
    return truncate.afterBytes;
  }

  function drop({ client, target: socket }: Link): void {
    reset(client);
    reset(socket);
  }

  function cut(): number {
    const open = [...links];
    for (const link of open) drop(link);
    total.cut += open.length;
    return open.length;
  }

  function suffer(next: TcpFaults): void {
    faults = next;
    truncated = 0;
    for (const link of links) link.passed = { toTarget: 0, toClient: 0 };
    changed.resolve(undefined);
    changed = Promise.withResolvers<undefined>();
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    port,
    address: `127.0.0.1:${port}`,
    retarget(next) {
      target = next;
      cut();
    },
    suffer,
    heal() {
      suffer({});
    },
    cut,
    counts: () => ({ ...total, bytes: { ...total.bytes }, open: links.size }),
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      suffer({});
      cut();
      await closed;
    },
  };
}

/** A socket that is just being ended cannot be reset (libuv refuses it, and its handle would stay for ever). */
function reset(socket: Socket): void {
  if (socket.destroyed) return;
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
