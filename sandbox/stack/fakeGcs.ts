import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fetchFakeGcs } from './downloads/cloudStores.ts';
import { freePort } from './ports.ts';
import { startProcess, waitUntilReady, type RunningProcess } from './process.ts';

/** A running Google Cloud Storage server (fake-gcs-server) with one bucket. It knows no authentication. */
export interface FakeGcs {
  endpoint: string;
  bucket: string;
  process: RunningProcess;
  stop(): Promise<void>;
}

const readyTimeoutMs = 60_000;

/** Starts fake-gcs-server on 127.0.0.1, fetching it first when it is not in the cache; objects are lost when it stops. */
export async function startFakeGcs(options: { dataDir: string; bucket?: string }): Promise<FakeGcs> {
  const { dataDir, bucket = 'safepoint' } = options;
  const command = await fetchFakeGcs();
  const port = await freePort();
  mkdirSync(dataDir, { recursive: true });
  const endpoint = `http://127.0.0.1:${port}`;
  const where = ['-host', '127.0.0.1', '-port', String(port), '-external-url', endpoint];
  const running = await startProcess({
    name: 'fake-gcs-server',
    command,
    args: ['-scheme', 'http', '-backend', 'memory', '-log-level', 'warn', ...where],
    logFile: path.join(dataDir, 'logs', 'gcs.log'),
    cwd: dataDir,
    stopTimeoutMs: 2000,
  });
  await waitUntilReady(running, readyTimeoutMs, async () => {
    const answer = await fetch(`${endpoint}/storage/v1/b?project=test`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: bucket, versioning: { enabled: true } }),
    });
    return answer.ok || answer.status === 409 ? true : undefined;
  });
  return { endpoint, bucket, process: running, stop: () => running.stop() };
}
