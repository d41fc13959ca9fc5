import type { DefaultAzureCredentialOptions } from '@azure/identity';
import type { ContainerClient, StoragePipelineOptions } from '@azure/storage-blob';
import type { AzureStoreConfig } from '../config/schema.ts';
import { SafepointError } from '../contract/errors.ts';
import { rememberSecret } from '../system/redact.ts';
import { describeSecret, readSecret } from '../system/secrets.ts';
import { createAgents } from './httpAgents.ts';
import { containerUrl } from './locations.ts';

const maxTries = 4;
const firstDelayMs = 300;
const longestDelayMs = 10_000;

/** How to reach the container; the SDK is loaded by the first call, and a rotated secret is used from then on. */
export function createContainerOpener(
  store: string,
  config: AzureStoreConfig,
): () => Promise<ContainerClient> {
  const given = [config.accountKey, config.sasToken, config.connectionString].filter(Boolean);
  if (given.length > 1) {
    throw new SafepointError(
      'InvalidConfig',
      `stores.${store}: give one of accountKey, sasToken and connectionString, or none for the identity of the worker`,
    );
  }
  const { httpsAgent, httpAgent } = createAgents(store, config);
  const agent = config.endpoint?.startsWith('http:') === true ? httpAgent : httpsAgent;
  let opened: { secrets: string; container: Promise<ContainerClient> } | undefined;
  return () => {
    const access = readAccess(config);
    const secrets = JSON.stringify(access);
    if (opened?.secrets !== secrets) {
      // `agent` is no option of the storage client by name, but goes on to its pipeline, which knows it.
      const options = {
        agent,
        retryOptions: { maxTries, retryDelayInMs: firstDelayMs, maxRetryDelayInMs: longestDelayMs },
      } as StoragePipelineOptions;
      const container = openContainer(config, access, options, httpsAgent);
      container.catch(() => (opened = undefined));
      opened = { secrets, container };
    }
    return opened.container;
  };
}

type Access = { accountKey?: string; sas?: string };

async function openContainer(
  config: AzureStoreConfig,
  { accountKey, sas }: Access,
  options: StoragePipelineOptions,
  identityAgent: object,
): Promise<ContainerClient> {
  const { ContainerClient, StorageSharedKeyCredential } = await import('@azure/storage-blob');
  const url = containerUrl(config);
  if (accountKey !== undefined) {
    return new ContainerClient(url, new StorageSharedKeyCredential(config.account, accountKey), options);
  }
  if (sas !== undefined) return new ContainerClient(`${url}?${sas}`, undefined, options);
  const { DefaultAzureCredential } = await import('@azure/identity');
  return new ContainerClient(
    url,
    new DefaultAzureCredential({ agent: identityAgent } as DefaultAzureCredentialOptions),
    options,
  );
}

/** Key and signature are remembered by themselves too: inside of a connection string they are quoted alone. */
function readAccess(config: AzureStoreConfig): Access {
  const { accountKey, sasToken, connectionString } = config;
  if (accountKey !== undefined) return { accountKey: readSecret(accountKey) };
  if (sasToken !== undefined) {
    return withSignature(readSecret(sasToken), describeSecret(sasToken));
  }
  if (connectionString === undefined) return {};
  const reference = describeSecret(connectionString);
  const fields = new Map(
    readSecret(connectionString)
      .split(';')
      .map((field) => [
        field.slice(0, field.indexOf('=')).trim(),
        field.slice(field.indexOf('=') + 1).trim(),
      ]),
  );
  const key = fields.get('AccountKey');
  const sas = fields.get('SharedAccessSignature');
  if (key !== undefined) {
    rememberSecret(`${reference} AccountKey`, key);
    return { accountKey: key };
  }
  if (sas !== undefined) return withSignature(sas, reference);
  throw new SafepointError(
    'SecretMissing',
    `${reference} has neither AccountKey nor SharedAccessSignature; it is no connection string`,
  );
}

function withSignature(token: string, reference: string): Access {
  const sas = token.replace(/^\?/, '');
  const signature = new URLSearchParams(sas).get('sig');
  if (signature !== null) rememberSecret(`${reference} sig`, signature);
  return { sas };
}
