import path from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { fetchAzurite } from './downloads/cloudStores.ts';
import { freePort } from './ports.ts';
import { startProcess, waitUntilReady, type RunningProcess } from './process.ts';
import { keptSecret } from './secrets.ts';

/** A running Azure Blob server (Azurite) with one container. */
export interface Azurite {
  /** With the account in it, as Azurite wants it. */
  endpoint: string;
  account: string;
  accountKey: string;
  container: string;
  process: RunningProcess;
  stop(): Promise<void>;
}

const readyTimeoutMs = 60_000;
const quiet = ['--disableTelemetry', '--silent'];

/** Starts Azurite on 127.0.0.1, fetching it first when it is not in the cache. `dataDir` keeps blobs, log and key. */
export async function startAzurite(options: { dataDir: string; container?: string }): Promise<Azurite> {
  const { dataDir, container = 'safepoint' } = options;
  const script = await fetchAzurite();
  const port = await freePort();
  const account = 'safepoint';
  const accountKey = Buffer.from(keptSecret(dataDir, 'azurite-key')).toString('base64');
  const running = await startProcess({
    name: 'Azurite',
    command: process.execPath,
    // The SDK speaks a newer version of the protocol than Azurite has heard of.
    args: [script, '--blobPort', String(port), '--location', dataDir, ...quiet, '--skipApiVersionCheck'],
    logFile: path.join(dataDir, 'logs', 'azurite.log'),
    cwd: dataDir,
    env: { AZURITE_ACCOUNTS: `${account}:${accountKey}` },
    stopTimeoutMs: 2000,
  });
  const endpoint = `http://127.0.0.1:${port}/${account}`;
  const connection = `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${accountKey};BlobEndpoint=${endpoint}`;
  const client = BlobServiceClient.fromConnectionString(connection, { retryOptions: { maxTries: 1 } });
  await waitUntilReady(running, readyTimeoutMs, async () => {
    await client.getContainerClient(container).createIfNotExists();
    return true;
  });
  return { endpoint, account, accountKey, container, process: running, stop: () => running.stop() };
}
