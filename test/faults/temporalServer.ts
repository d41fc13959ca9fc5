import path from 'node:path';
import { freePort } from '../../sandbox/stack/ports.ts';
import { startTemporal, type Temporal } from '../../sandbox/stack/temporal.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcpProxy.ts';

/** A Temporal server that can die and come back: same ports, same database file. */
export interface TemporalServer {
  /** For the test itself, which sees the server even when the workers do not. */
  address: string;
  namespace: string;
  /** What the workers see of it. */
  proxy: TcpProxy;
  /** kill -9 */
  kill(): Promise<void>;
  /** Starts it again; ready when it returns. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function startTemporalServer(dataDir: string): Promise<TemporalServer> {
  const [port, uiPort] = [await freePort(), await freePort()];
  const dbFilename = path.join(dataDir, 'temporal.db');
  const launch = () => startTemporal({ dataDir, dbFilename, port, uiPort });
  let running: Temporal = await launch();
  const proxy = await startTcpProxy({ target: port });
  return {
    address: running.address,
    namespace: running.namespace,
    proxy,
    kill: () => running.process.kill('SIGKILL'),
    async start() {
      running = await launch();
    },
    async stop() {
      await proxy.stop();
      await running.process.kill('SIGKILL'); // nothing of it is needed any more, and its own end takes seconds
    },
  };
}
