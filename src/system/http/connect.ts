import { readFileSync } from 'node:fs';
import { Agent, buildConnector } from 'undici';
import type { Endpoint } from '../../config/endpoints.ts';
import { SafepointError } from '../../contract/errors.ts';
import { readSecret } from '../secrets.ts';

const CONNECTING = { timeout: 5_000, allowH2: false };

/** Connections to one endpoint. Certificates are read anew for every connection, so that rotated files take effect. */
export function createAgent(endpoint: Endpoint): Agent {
  return new Agent({
    connect(options, callback) {
      try {
        buildConnector({ ...CONNECTING, ...readTlsFiles(endpoint) })(options, callback);
      } catch (error) {
        callback(error instanceof Error ? error : new Error(String(error)), null);
      }
    },
  });
}

function readTlsFiles({ tls }: Endpoint): { ca?: string; cert?: string; key?: string } {
  return {
    ca: tls?.ca === undefined ? undefined : readPem(tls.ca),
    cert: tls?.clientCertificate === undefined ? undefined : readPem(tls.clientCertificate),
    key: tls?.clientKey === undefined ? undefined : readSecret(tls.clientKey),
  };
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new SafepointError(
      'InvalidConfig',
      `certificate file ${path} cannot be read; correct the path under tls`,
      { cause },
    );
  }
}
