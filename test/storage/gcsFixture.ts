import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { startFakeGcs, type FakeGcs } from '../../sandbox/stack/fakeGcs.ts';
import type { GcsStoreConfig } from '../../src/config/schema.ts';
import type { StandIn } from './storeProxy.ts';

export type GcsServer = FakeGcs & {
  /** Config of a store on it; its key file is in an environment variable, and a token server answers to it. */
  config: GcsStoreConfig;
  /** What the token server answers. */
  tokens: { status: number; body: object };
  close: () => Promise<void>;
};

/** A real GCS server (fake-gcs-server) of its own, and a token server, as a workload identity federation has one. */
export async function startGcs(): Promise<GcsServer> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'safepoint-gcs-'));
  const gcs = await startFakeGcs({ dataDir });
  const tokens = {
    status: 200,
    body: { access_token: 'token-of-the-test', token_type: 'Bearer', expires_in: 3600 } as object,
  };
  const tokenServer = createServer((incoming, answer) => {
    incoming.resume();
    answer.writeHead(tokens.status, { 'content-type': 'application/json' }).end(JSON.stringify(tokens.body));
  });
  await new Promise<void>((resolve) => tokenServer.listen(0, '127.0.0.1', resolve));
  const subject = path.join(dataDir, 'subject-token');
  await writeFile(subject, 'who-we-are');
  process.env.TEST_GCS_KEY = JSON.stringify({
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `http://127.0.0.1:${(tokenServer.address() as AddressInfo).port}/token`,
    credential_source: { file: subject },
  });
  return {
    ...gcs,
    tokens,
    config: {
      type: 'gcs',
      bucket: gcs.bucket,
      prefix: 'safepoint',
      endpoint: gcs.endpoint,
      keyFile: { env: 'TEST_GCS_KEY' },
    },
    async close() {
      tokenServer.closeAllConnections();
      await new Promise((resolve) => tokenServer.close(resolve));
      await gcs.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/**
 * Keeps track of the sessions of uploads as Google does: fake-gcs-server cannot be asked how far one is, and takes the
 * question for the end of the upload. https://cloud.google.com/storage/docs/performing-resumable-uploads#status-check
 */
export function sessionsOfUploads(): StandIn {
  const sessions = new Map<string, { persisted: number; complete: boolean }>();
  const stateOf = (url = '') => sessions.get(url) ?? { persisted: 0, complete: false };
  return {
    answer({ method, url, headers }) {
      const total = /^bytes \*\/(.+)$/.exec(headers['content-range'] ?? '')?.[1];
      if (method !== 'PUT' || total === undefined) return null;
      const { persisted, complete } = stateOf(url);
      if (complete) return { status: 200, headers: {} };
      if (total === String(persisted)) return null; // ends the upload
      return { status: 308, headers: rangeOf(persisted) };
    },
    carriedOut({ method, url = '', headers }) {
      const range = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/.exec(headers['content-range'] ?? '');
      if (method !== 'PUT' || range === null) return;
      const [, , last, total] = range;
      sessions.set(url, {
        persisted: last === undefined ? stateOf(url).persisted : Number(last) + 1,
        complete: total !== '*',
      });
    },
  };
}

function rangeOf(persisted: number): Record<string, string> {
  return persisted === 0 ? {} : { range: `bytes=0-${persisted - 1}` };
}
