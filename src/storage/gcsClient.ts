import type { storage_v1 } from '@googleapis/storage';
import type { GcsStoreConfig } from '../config/schema.ts';
import { SafepointError } from '../contract/errors.ts';
import { rememberSecret } from '../system/redact.ts';
import { describeSecret, readSecret } from '../system/secrets.ts';
import { createAgents } from './httpAgents.ts';

const scope = 'https://www.googleapis.com/auth/devstorage.read_write';
const firstDelayMs = 300;
const longestDelayMs = 10_000;
/** Without an answer; an upload sends parts of some MB each. */
const timeoutMs = 120_000;

export type GcsRequest = {
  url: string;
  method: 'POST' | 'PUT' | 'DELETE';
  headers?: Record<string, string>;
  data?: Buffer | string;
  signal?: AbortSignal;
  /** Default true: four tries in all. */
  retry?: boolean;
  accepts?: (status: number) => boolean;
};
export type GcsAnswer = { status: number; headers: Headers; data: unknown };

export type GcsClient = {
  api: storage_v1.Storage;
  /** For what the generated client has no call for; with our identity unless `anonymous`. */
  request(request: GcsRequest): Promise<GcsAnswer>;
};

export function gcsRoot(config: GcsStoreConfig): string {
  return config.endpoint ?? 'https://storage.googleapis.com';
}

/** How to reach the store; the SDK is loaded by the first call, and a rotated key file is used from then on. */
export function createGcsOpener(store: string, config: GcsStoreConfig): () => Promise<GcsClient> {
  const { httpAgent, httpsAgent } = createAgents(store, config);
  const agent = (url: URL) => (url.protocol === 'http:' ? httpAgent : httpsAgent);
  let opened: { key: string | undefined; client: Promise<GcsClient> } | undefined;
  return () => {
    const key = config.keyFile === undefined ? undefined : readSecret(config.keyFile);
    if (opened === undefined || opened.key !== key) {
      const client = openClient(config, key, agent);
      client.catch(() => (opened = undefined));
      opened = { key, client };
    }
    return opened.client;
  };
}

const retryConfig = {
  retry: 3,
  noResponseRetries: 3,
  retryDelay: firstDelayMs,
  maxRetryDelay: longestDelayMs,
  httpMethodsToRetry: ['GET', 'PUT', 'POST', 'DELETE'],
  statusCodesToRetry: [
    [408, 408],
    [429, 429],
    [500, 599],
  ],
};

async function openClient(
  config: GcsStoreConfig,
  key: string | undefined,
  agent: (url: URL) => object,
): Promise<GcsClient> {
  const { auth, storage } = await import('@googleapis/storage');
  const transporterOptions = { agent } as object;
  const identity = new auth.GoogleAuth({
    scopes: [scope],
    clientOptions: { transporterOptions },
    ...(key !== undefined && config.keyFile !== undefined && { credentials: parseKey(key, config.keyFile) }),
  });
  const client = await identity.getClient();
  shareTransport(client);
  // The errors of the SDK never leave this folder; its own redaction looks at every byte of a body, for seconds.
  const common = { agent, timeout: timeoutMs, errorRedactor: false } as object;
  return {
    api: storage({ version: 'v1', auth: identity, rootUrl: `${gcsRoot(config)}/`, retryConfig, ...common }),
    async request({ accepts, data, retry = true, ...rest }) {
      const answer = await client.request({
        ...common,
        ...(retry ? { retryConfig } : { retry: false }), // with both it would retry
        ...rest,
        ...(data !== undefined && { data }),
        ...(accepts !== undefined && { validateStatus: accepts }),
      });
      return { status: answer.status, headers: answer.headers, data: answer.data };
    },
  };
}

/** The exchange of tokens in a federation has a transport of its own, which would know neither authority nor proxy. */
function shareTransport(client: object): void {
  const { transporter, stsCredential } = client as {
    transporter: object;
    stsCredential?: { transporter: object };
  };
  if (stsCredential !== undefined) stsCredential.transporter = transporter;
}

/** Never quotes what it reads. */
function parseKey(text: string, ref: NonNullable<GcsStoreConfig['keyFile']>): Record<string, string> {
  try {
    const key = JSON.parse(text) as Record<string, string>;
    if (typeof key['private_key'] === 'string') {
      rememberSecret(`${describeSecret(ref)} private_key`, key['private_key']);
    }
    return key;
  } catch {
    throw new SafepointError('SecretMissing', `${describeSecret(ref)} is no JSON of a key or federation`);
  }
}
