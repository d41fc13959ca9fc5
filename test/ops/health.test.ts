import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '../../sandbox/stack/ports.ts';
import { safepoint } from '../cli/safepoint.ts';
import { startInstallation, type Installation } from '../faults/installation.ts';
import { until } from '../faults/until.ts';
import type { WorkerProcess } from '../faults/workerProcess.ts';

const PATIENCE_MS = 60_000; // a worker starts slowly on a machine that is busy

let port: number;
let installation: Installation;
let worker: WorkerProcess;
beforeAll(async () => {
  port = await freePort();
  const health = { listen: `127.0.0.1:${port}` };
  installation = await startInstallation({ adapt: (config) => ({ ...config, health }) });
  worker = await installation.startWorker();
}, 120_000);
afterAll(async () => {
  await installation.stop();
}, 60_000);

type Answer = { status: number; text: string };

/** Status 0 while nobody listens. */
async function ask(path: string, method = 'GET'): Promise<Answer> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method });
    return { status: answer.status, text: await answer.text() };
  } catch {
    return { status: 0, text: '' };
  }
}

function untilReadyz(status: number): Promise<Answer> {
  return until(
    `/readyz answers ${status}`,
    async () => {
      const answer = await ask('/readyz');
      if (answer.status === status) return answer;
      throw new Error(`it answers ${answer.status} ${answer.text}`);
    },
    PATIENCE_MS,
  );
}

describe('worker: health', () => {
  it('is told on two paths, to GET and HEAD, and nothing else is', async () => {
    await untilReadyz(200);

    const answers = {
      healthz: await ask('/healthz'),
      readyz: await ask('/readyz'),
      readyzHead: await ask('/readyz?verbose=1', 'HEAD'),
      other: await ask('/'),
      below: await ask('/healthz/x'),
      post: await ask('/healthz', 'POST'),
    };

    expect(answers).toEqual({
      healthz: { status: 200, text: 'alive\n' },
      readyz: { status: 200, text: 'ready\n' },
      readyzHead: { status: 200, text: '' },
      other: { status: 404, text: 'not found\n' },
      below: { status: 404, text: 'not found\n' },
      post: { status: 405, text: 'GET and HEAD only\n' },
    });
  }, 150_000);

  it('survives what is no HTTP', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined); // it may be reset
    socket.write('GET \0\xff http://[ HTTP/9.9\r\n\r\n');
    await once(socket.resume(), 'close');

    const after = await ask('/healthz');

    expect(after.status).toBe(200);
  }, 150_000);

  it('is not ready while Temporal is dead, and ready again when it is back', async () => {
    await untilReadyz(200);

    await installation.temporal.kill();
    const away = await untilReadyz(503);
    const alive = await ask('/healthz');
    await installation.temporal.start();
    const back = await untilReadyz(200);

    expect(away.text).toBe('Temporal does not answer\n');
    expect(alive.status).toBe(200);
    expect(back.text).toBe('ready\n');
  }, 150_000);

  it('is not ready while Temporal takes connections and says nothing', async () => {
    await untilReadyz(200);

    installation.temporal.proxy.suffer({ blackHole: true });
    const startedMs = performance.now();
    const silent = await ask('/readyz');
    const tookMs = performance.now() - startedMs;
    installation.temporal.proxy.heal();
    const back = await untilReadyz(200);

    expect(silent).toEqual({ status: 503, text: 'Temporal does not answer\n' });
    expect(tookMs).toBeLessThan(15_000);
    expect(back.text).toBe('ready\n');
  }, 150_000);

  it('is not ready while the worker stops, and nobody listens when it has', async () => {
    const { simulator } = await installation.freshCluster();
    simulator.faults.add({ on: 'POST zeebe pause', delayMs: 8_000, times: 1 }); // waited for even in a stop, for 2 s
    await installation.startBackup();
    const pauses = () => simulator.requests.some(({ path }) => path.includes('exporting/pause'));
    await until('a pause is asked for', pauses);
    await untilReadyz(200);

    const stopping = worker.stop();
    const notReady = await untilReadyz(503);
    const alive = await ask('/healthz');
    await stopping;
    const gone = await ask('/healthz');

    expect(notReady.text).toMatch(/^the worker is (STOPPING|DRAINING)\n$/);
    expect(alive.status).toBe(200);
    expect(gone.status).toBe(0);
  }, 150_000);

  it('is told from the start on, before there is a connection', async () => {
    installation.temporal.proxy.suffer({ blackHole: true });
    const starting = safepoint(['worker'], installation.env);
    const notReady = await untilReadyz(503);
    const alive = await ask('/healthz');
    installation.temporal.proxy.heal();
    const ready = await untilReadyz(200);
    starting.kill('SIGTERM');
    const { exitCode } = await starting;

    expect(notReady.text).toBe('the worker is starting\n');
    expect(alive.status).toBe(200);
    expect(ready.text).toBe('ready\n');
    expect(exitCode).toBe(0);
  }, 150_000);

  it('is not told where the address is taken: the worker does not start', async () => {
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');

    const { exitCode, stderr } = await safepoint(['worker'], installation.env);
    other.close();

    expect(exitCode).not.toBe(0);
    expect(stderr).toContain(
      `InvalidConfig: health.listen: 127.0.0.1:${port} cannot be listened at (EADDRINUSE)`,
    );
  }, 150_000);
});
