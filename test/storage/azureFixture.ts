import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { startAzurite, type Azurite } from '../../sandbox/stack/azurite.ts';
import type { AzureStoreConfig } from '../../src/config/schema.ts';

export type AzureServer = Azurite & {
  /** Config of a store on it; its secret is in an environment variable. */
  config: AzureStoreConfig;
  client: ContainerClient;
  /** Blobs of which only blocks are there. */
  unfinished: () => Promise<string[]>;
  close: () => Promise<void>;
};

/** A real Azure Blob server (Azurite) of its own. */
export async function startAzure(): Promise<AzureServer> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'safepoint-azure-'));
  const azurite = await startAzurite({ dataDir });
  const { endpoint, account, accountKey, container } = azurite;
  process.env.TEST_AZURE_KEY = accountKey;
  const client = new ContainerClient(
    `${endpoint}/${container}`,
    new StorageSharedKeyCredential(account, accountKey),
  );
  return {
    ...azurite,
    client,
    config: {
      type: 'azure',
      account,
      container,
      prefix: 'safepoint',
      endpoint,
      accountKey: { env: 'TEST_AZURE_KEY' },
    },
    async unfinished() {
      const keys: string[] = [];
      for await (const { name } of client.listBlobsFlat({ includeUncommitedBlobs: true })) keys.push(name);
      for await (const { name } of client.listBlobsFlat()) keys.splice(keys.indexOf(name), 1);
      return keys;
    },
    async close() {
      await azurite.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
